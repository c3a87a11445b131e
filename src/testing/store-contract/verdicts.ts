import { isFinal, changes, type FinalState } from '../../job/state.ts';
import {
  cancelVerdict,
  holds,
  letGoVerdict,
  outcomeVerdict,
  stateAfterLetGo,
  stepVerdict,
  type EndedRow,
  type LiveRow,
  type StepRow,
  type Verdict,
} from '../../job/transition.ts';
import type { Run } from '../../job/run.ts';
import type { Entry } from '../../ports/store-entry.ts';
import type { Hold } from '../../ports/store-claim.ts';
import { cancelOf, ended, handedBack, newRun, stepBegun, stepDone, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only } from './harness/harness.ts';
import { situations } from './harness/situations.ts';

/** Drives the store into every state that a run's row can be in and holds its answers against job/transition.ts. */
export function aboutVerdicts({ it, expect }: Contract): void {
  for (const { name, mailboxSeq, isCancelled = false, owner, arrange } of situations) {
    it(`every entry from every sender to a run that ${name} gets the verdict of the pure functions`, async (harness) => {
      const workers = { me: await harness.worker(), other: await harness.worker() };
      const cases = senders.flatMap((sender) => deeds.map((deed) => ({ sender, deed, run: newRun({ job: 'table' }) })));
      await arrange(
        harness,
        cases.map(({ run }) => run),
        workers,
      );
      const before = await harness.store.get(cases.map(({ run }) => run.id));
      const rows = before.map((run) => readRow(run, owner === null ? null : workers[owner], mailboxSeq));
      const verdicts = new Map<string, Verdict>();
      for (const who of ['me', 'other'] as const) {
        const own = cases.filter(({ sender }) => sender.who === who);
        const entries = own.map(({ run, sender, deed }) =>
          deed.entry({ run: run.id, epoch: sender.epoch }, mailboxSeq),
        );
        const answers = await harness.record(workers[who], ...entries);
        for (const [n, { run }] of own.entries()) verdicts.set(run.id, at(answers, n));
      }
      const after = await harness.store.get(cases.map(({ run }) => run.id));
      for (const [n, { sender, deed, run }] of cases.entries()) {
        const by = { worker: workers[sender.who], epoch: sender.epoch };
        const { live, gone } = at(rows, n);
        const what = `${deed.name} from ${sender.who} in epoch ${sender.epoch}`;
        const expected = deed.verdict(live, gone, { ...by, isCancelled });
        expect({ what, verdict: verdicts.get(run.id) }).toEqual({ what, verdict: expected });
        const changed = (expected === 'ok' || expected === 'cancelled') && holds(live, by);
        const state = changed ? (deed.to?.(isCancelled) ?? live?.state) : before[n]?.state;
        expect({ what, state: after[n]?.state }).toEqual({ what, state });
        if (!changed) expect({ what, run: after[n] }).toEqual({ what, run: before[n] });
        const known =
          before[n]?.state === state || changes.some(({ from, to }) => from === before[n]?.state && to === state);
        expect({ what, known }).toEqual({ what, known: true });
      }
    });

    it(`a cancel of a run that ${name} gets the verdict of the pure function`, async (harness) => {
      const workers = { me: await harness.worker(), other: await harness.worker() };
      const run = newRun({ job: 'table' });
      await arrange(harness, [run], workers);
      const before = await harness.find(run.id);
      const { live } = readRow(before, owner === null ? null : workers[owner], mailboxSeq);
      const { verdict, state } = await harness.act(cancelOf(run.id));
      expect(verdict).toBe(before === null ? 'unknown' : cancelVerdict(live));
      const after = verdict === 'done' ? 'cancelled' : (before?.state ?? null);
      expect({ state, stored: (await harness.find(run.id))?.state ?? null }).toEqual({ state: after, stored: after });
    });
  }

  it('every result of a step, over every record of it, gets the verdict of the pure function', async (harness) => {
    const worker = await harness.worker();
    const results = stepRows.filter((row): row is FinishedStep => row !== null && row.state !== 'running');
    for (const recorded of stepRows) {
      for (const result of results) {
        const claim = await harness.running(worker);
        if (recorded) await harness.recorded(worker, stepEntry(claim, recorded));
        const before = await harness.steps(claim.run);
        const verdict = only(await harness.record(worker, stepEntry(claim, result)));
        const expected = stepVerdict(recorded ?? undefined, result);
        expect({ recorded, result, verdict }).toEqual({ recorded, result, verdict: expected });
        const after = await harness.steps(claim.run);
        if (expected === 'conflict') expect(after).toEqual(before);
        else expect(only(after)).toMatchObject({ state: result.state, output: result.output });
        await harness.recorded(worker, ended(claim));
      }
    }
  });
}

const senders = [0, 1, 2, 3].flatMap((epoch) => [{ who: 'me', epoch } as const, { who: 'other', epoch } as const]);

interface Deed {
  readonly name: string;
  readonly entry: (hold: Hold, mailboxSeq: number) => Entry;
  readonly verdict: (live: LiveRow | undefined, gone: EndedRow | undefined, by: Sender) => Verdict;
  /** The state it leads to when it is done; left out, the run stays as it is. */
  readonly to?: (isCancelled: boolean) => Run['state'];
}

interface Sender {
  readonly worker: string;
  readonly epoch: number;
  /** Somebody has asked to cancel the run. */
  readonly isCancelled: boolean;
}

const deeds: readonly Deed[] = [
  { name: 'step', entry: (hold) => stepDone(hold, 'a'), verdict: fenced },
  { name: 'try', entry: (hold) => stepBegun(hold, 'a'), verdict: fenced },
  {
    name: 'suspend with the mail seen',
    entry: (hold, mailboxSeq) => suspended(hold, { mailboxSeq }),
    verdict: letGoVerdict,
    to: (isCancelled) => stateAfterLetGo('waiting', { isCancelled, isNewer: false }),
  },
  {
    name: 'suspend with mail unseen',
    entry: (hold, mailboxSeq) => suspended(hold, { mailboxSeq: mailboxSeq - 1 }),
    verdict: letGoVerdict,
    to: (isCancelled) => stateAfterLetGo('waiting', { isCancelled, isNewer: true }),
  },
  {
    name: 'hand back',
    entry: (hold) => handedBack(hold),
    verdict: letGoVerdict,
    to: (isCancelled) => stateAfterLetGo('queued', { isCancelled, isNewer: false }),
  },
  outcomeDeed('succeeded'),
  outcomeDeed('failed'),
  outcomeDeed('cancelled'),
];

function fenced(live: LiveRow | undefined, _gone: EndedRow | undefined, by: Sender): Verdict {
  return holds(live, by) ? stepVerdict(undefined, { state: 'succeeded', epoch: by.epoch, output: '"done"' }) : 'stale';
}

function outcomeDeed(state: FinalState): Deed {
  return {
    name: `outcome ${state}`,
    entry: (hold) => ended(hold, { state }),
    verdict: (live, gone, by) => outcomeVerdict(live, gone, { ...by, state }),
    to: () => state,
  };
}

/** What an adapter's narrow row says of this run, or what is left of it. */
function readRow(
  run: Run | null,
  owner: string | null,
  mailboxSeq: number,
): { live: LiveRow | undefined; gone: EndedRow | undefined } {
  if (run === null) return { live: undefined, gone: undefined };
  const { state, epoch } = run;
  if (isFinal(state)) return { live: undefined, gone: { state, epoch } };
  return { live: { state, worker: owner, epoch, mailboxSeq }, gone: undefined };
}

type FinishedStep = StepRow & { readonly state: 'succeeded' | 'failed' };

const stepRows: readonly (StepRow | null)[] = [
  null,
  { state: 'running', epoch: 1, output: null },
  { state: 'succeeded', epoch: 1, output: '1' },
  { state: 'succeeded', epoch: 1, output: '2' },
  { state: 'succeeded', epoch: 1, output: null },
  { state: 'failed', epoch: 1, output: null },
];

function stepEntry(hold: Hold, { state, output }: StepRow): Entry {
  if (state === 'running') return stepBegun(hold, 'a');
  return stepDone(hold, 'a', { state, output, error: state === 'failed' ? { code: 'X', message: 'x' } : null });
}
