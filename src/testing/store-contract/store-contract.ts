import { aboutAppendAndTail } from './append-and-tail.ts';
import { aboutBacklog } from './backlog.ts';
import { aboutBadValues } from './bad-values.ts';
import { aboutEvict } from './evict.ts';
import { aboutCallbacks } from './callbacks.ts';
import { aboutCancel } from './cancel.ts';
import { aboutClaim } from './claim.ts';
import { aboutClaimQueues } from './claim-queues.ts';
import { aboutClaimTerms } from './claim-terms.ts';
import { aboutClose } from './close.ts';
import type { Contract, Runner } from './harness/contract.ts';
import { aboutRegisterAndHeartbeat } from './register-and-heartbeat.ts';
import { aboutEvents } from './events.ts';
import { aboutFence } from './fence.ts';
import { aboutGet } from './get.ts';
import type { Fixture } from './harness/fixture.ts';
import { aboutHandBack } from './hand-back.ts';
import { aboutHeld } from './held.ts';
import { aboutLetGo } from './let-go.ts';
import { aboutMessages } from './messages.ts';
import { aboutLateGroups } from './late-groups.ts';
import { aboutList } from './list.ts';
import { aboutLostAnswers } from './lost-answers.ts';
import { aboutMigrate } from './migrate.ts';
import { aboutOutcome } from './outcome.ts';
import { aboutPause } from './pause.ts';
import { aboutPruneOccurrences } from './prune-occurrences.ts';
import { aboutPrune } from './prune.ts';
import { aboutReclaim } from './reclaim.ts';
import { aboutRestart } from './restart.ts';
import { aboutRetryAndReschedule } from './retry-and-reschedule.ts';
import { aboutRetriedParents } from './retried-parents.ts';
import { openHarness, type Harness } from './harness/harness.ts';
import { aboutFire } from './fire.ts';
import { aboutPlanAndDue } from './plan-and-due.ts';
import { aboutStats } from './stats.ts';
import { aboutSteps } from './steps.ts';
import { aboutSubmit } from './submit.ts';
import { aboutSuspects } from './suspects.ts';
import { aboutSuspend } from './suspend.ts';
import { aboutTries } from './tries.ts';
import { aboutTakeover } from './takeover.ts';
import { aboutVerdicts } from './verdicts.ts';

export interface StoreContractOptions extends Runner {
  /** The adapter, as the table of contracts names its column: `sqlite`, `postgres`. */
  readonly name: string;
  /** A store over a namespace that is new and empty, not migrated; called once for each test. */
  readonly open: () => Promise<Fixture>;
  /**
   * Do failpoints armed in this thread (`std/failpoint`) act on the store? Default true. Where false, the tests of lost
   * answers still make each call twice, but no answer is really lost.
   */
  readonly failpoints?: boolean;
}

/**
 * Every clause of the store's port as a test, for any runner: an adapter hands in how a store of its is opened. The
 * suite is called `store contract on <name>`; each part of it is one row of the table of contracts. Its tests share
 * the failpoints of the thread, so they are not to be run concurrently.
 */
export function storeContract({ test, describe, expect, name, open, failpoints = true }: StoreContractOptions): void {
  const it = (sentence: string, body: (harness: Harness) => Promise<void>): void => {
    test(sentence, async () => {
      const harness = await openHarness(await open());
      try {
        await body(harness);
      } finally {
        await harness.close();
      }
    });
  };
  const contract: Contract = { test, it, expect, open, failpoints };
  describe(`store contract on ${name}`, () => {
    for (const [topic, declare] of topics) describe(topic, () => declare(contract));
  });
}

const topics: readonly (readonly [topic: string, declare: (contract: Contract) => void])[] = [
  ['migrate', aboutMigrate],
  ['submit', aboutSubmit],
  ['register and heartbeat', aboutRegisterAndHeartbeat],
  ['claim', aboutClaim],
  ['claim: queues', aboutClaimQueues],
  ['claim: terms of the job', aboutClaimTerms],
  ['held', aboutHeld],
  ['messages', aboutMessages],
  ['reclaim', aboutReclaim],
  ['suspects', aboutSuspects],
  ['record: fence', aboutFence],
  ['record: steps', aboutSteps],
  ['record: tries', aboutTries],
  ['record: suspend and mail', aboutSuspend],
  ['record: outcome', aboutOutcome],
  ['callbacks', aboutCallbacks],
  ['hand back', aboutHandBack],
  ['let go', aboutLetGo],
  ['record: verdicts', aboutVerdicts],
  ['evict', aboutEvict],
  ['append and tail', aboutAppendAndTail],
  ['ask: cancel', aboutCancel],
  ['ask: events', aboutEvents],
  ['ask: retry and reschedule', aboutRetryAndReschedule],
  ['ask: retried parents', aboutRetriedParents],
  ['ask: restart', aboutRestart],
  ['pause', aboutPause],
  ['backlog', aboutBacklog],
  ['stats', aboutStats],
  ['get', aboutGet],
  ['list', aboutList],
  ['plan and due', aboutPlanAndDue],
  ['fire', aboutFire],
  ['prune', aboutPrune],
  ['prune: occurrences', aboutPruneOccurrences],
  ['lost answers', aboutLostAnswers],
  ['late groups', aboutLateGroups],
  ['takeover in flight', aboutTakeover],
  ['bad values', aboutBadValues],
  ['close', aboutClose],
];
