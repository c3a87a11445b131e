import { setImmediate as nextTurn } from 'node:timers/promises';
import { isOnejobError } from '../../job/errors.ts';
import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { createDeferred, type Deferred } from '../../std/deferred.ts';
import { claim } from './claim.ts';
import { ClaimOutlook } from './claim-outlook.ts';
import type { Connection } from './connection.ts';
import { submit } from './submit.ts';
import { submitAndClaim } from './submit-claim.ts';

/**
 * Where submits and claims of one process meet: a claim that is asked for in the same turn of the event loop as a small
 * submit travels with it. So an idle worker has what its own process asks for after one commit instead of two.
 */
export class SubmitDesk {
  readonly #db: Connection;
  readonly #outlook = new ClaimOutlook();
  /** About to leave; a claim may come along. */
  #leaving: Leaving | undefined;
  /** Nobody claims in most processes that submit: then nothing is waited for. */
  #hasClaimer = false;

  constructor(db: Connection) {
    this.#db = db;
  }

  async submit(runs: readonly NewRun[]): Promise<Submitted[]> {
    if (!this.#hasClaimer || this.#leaving !== undefined || runs.length > mostWithClaim) return submit(this.#db, runs);
    const leaving: Leaving = { joined: createDeferred(), claim: undefined };
    this.#leaving = leaving;
    await Promise.race([leaving.joined.promise, nextTurn()]);
    if (this.#leaving === leaving) this.#leaving = undefined;
    return leaving.claim === undefined ? submit(this.#db, runs) : this.#together(runs, leaving.claim);
  }

  claim(request: ClaimRequest): Promise<Claimed> {
    this.#hasClaimer = true;
    const leaving = this.#leaving;
    if (leaving === undefined) return claim(this.#db, request, this.#outlook);
    this.#leaving = undefined;
    const claimed = createDeferred<Claimed>();
    leaving.claim = { request, claimed };
    leaving.joined.resolve();
    return claimed.promise;
  }

  /** A value that the server refuses fails both; each is then asked for alone. */
  async #together(runs: readonly NewRun[], { request, claimed }: Companion): Promise<Submitted[]> {
    try {
      const answer = await submitAndClaim(this.#db, { runs, request, outlook: this.#outlook });
      claimed.resolve(answer.claimed);
      return answer.submitted;
    } catch (error) {
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
  claim: Companion | undefined;
}

interface Companion {
  readonly request: ClaimRequest;
  readonly claimed: Deferred<Claimed>;
}

/** A claim does not wait for a large one. */
const mostWithClaim = 20;
