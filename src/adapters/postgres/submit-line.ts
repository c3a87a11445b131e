import { setImmediate as nextTurn } from 'node:timers/promises';
import { isOnejobError } from '../../job/errors.ts';
import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { createDeferred, type Deferred } from '../../std/deferred.ts';
import { claim, type ClaimCall, claimCall } from './claim.ts';
import type { Connection } from './connection.ts';
import type { Outlook } from './outlook.ts';
import { answersOf, creationIn, submit, type SubmitRow, valuesOf } from './submit.ts';

/**
 * The submits of one process, one behind the other: the next one is made ready while the server works on the last one,
 * and runs lie in the line as they were asked for.
 *
 * A claim that is asked for in the same turn of the event loop as a small submit travels with it, in one message and one
 * transaction. So an idle worker has what its own process asks for after one commit instead of two.
 */
export class SubmitLine {
  readonly #db: Connection;
  readonly #outlook: Outlook;
  #last: Promise<unknown> | undefined;
  /** About to leave; a claim may come along. */
  #leaving: Leaving | undefined;
  /** Nobody claims in most processes that submit: then nothing is waited for. */
  #hasClaimer = false;

  constructor(db: Connection, outlook: Outlook) {
    this.#db = db;
    this.#outlook = outlook;
  }

  async submit(runs: readonly NewRun[]): Promise<Submitted[]> {
    const values = valuesOf(runs);
    const before = this.#last;
    const leaving: Leaving | undefined =
      before === undefined && this.#hasClaimer && runs.length <= mostWithClaim
        ? { joined: createDeferred(), claim: undefined }
        : undefined;
    if (leaving) this.#leaving = leaving;
    const rows = this.#db.writeInTurn<SubmitRow>('submit', async () => {
      await (leaving ? Promise.race([leaving.joined.promise, nextTurn()]) : before);
      if (this.#leaving === leaving) this.#leaving = undefined;
      const call = leaving?.claim?.call;
      if (call === undefined) return { text: `select ${creationIn(this.#db)} answers`, values };
      // What the claim is asked with comes from the row of the submit, so it is looked at afterwards.
      const text = `with made as materialized (select ${creationIn(this.#db)} answers, $5::text me)
        select c.*, made.answers from made cross join lateral ${call.from('made.me', 6)} c`;
      return { text, values: [...values, leaving?.claim?.request.worker, ...call.values] };
    });
    this.#follow(rows);
    if (leaving === undefined) return answersOf(runs, (await rows)[0]?.answers ?? null);
    return this.#arrive(runs, rows, leaving);
  }

  claim(request: ClaimRequest): Promise<Claimed> {
    this.#hasClaimer = true;
    const leaving = this.#leaving;
    if (leaving === undefined) return claim(this.#db, request, this.#outlook);
    this.#leaving = undefined;
    const claimed = createDeferred<Claimed>();
    leaving.claim = { request, call: claimCall(this.#db, request, this.#outlook), claimed };
    leaving.joined.resolve();
    return claimed.promise;
  }

  #follow(rows: Promise<unknown>): void {
    const last = rows
      .catch(() => undefined)
      .then(() => {
        if (this.#last === last) this.#last = undefined;
      });
    this.#last = last;
  }

  /** A value that the server refuses fails both; each is then asked for alone. */
  async #arrive(runs: readonly NewRun[], answered: Promise<SubmitRow[]>, leaving: Leaving): Promise<Submitted[]> {
    try {
      const rows = await answered;
      const submitted = answersOf(runs, rows[0]?.answers ?? null);
      if (leaving.claim === undefined) return submitted;
      const claimed = leaving.claim.call.read(rows);
      leaving.claim.claimed.resolve(claimed);
      return startedOf(runs, submitted, claimed);
    } catch (error) {
      if (leaving.claim === undefined) throw error;
      const { request, claimed } = leaving.claim;
      if (!isOnejobError(error) || error.code !== 'VALUE_REJECTED') {
        claimed.reject(error);
        throw error;
      }
      claim(this.#db, request, this.#outlook).then(claimed.resolve, claimed.reject);
      return submit(this.#db, runs);
    }
  }
}

interface Leaving {
  readonly joined: Deferred<void>;
  claim: { readonly request: ClaimRequest; readonly call: ClaimCall; readonly claimed: Deferred<Claimed> } | undefined;
}

/** A claim does not wait for a large one. */
const mostWithClaim = 20;

/** What the claim took along is queued no more. Who asked to hold a run himself is not told that he does. */
function startedOf(runs: readonly NewRun[], submitted: readonly Submitted[], { claims }: Claimed): Submitted[] {
  const started = new Set(claims.map(({ run }) => run));
  return submitted.map((each, i) =>
    started.has(each.run.id) && runs[i]?.holder === null ? { ...each, run: { ...each.run, state: 'running' } } : each,
  );
}
