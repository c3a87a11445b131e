import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasCode } from '../../job/errors.ts';
import type { Claimed, ClaimRequest } from '../../ports/store-claim.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { createDeferred, type Deferred } from '../../std/deferred.ts';
import { claim } from './claim.ts';
import type { Connection, Message } from './connection.ts';
import { type CreateClaimCall, createClaimCall, type CreateClaimRow } from './create-claim.ts';
import { isBroken } from './failure.ts';
import type { ClaimCursor } from './claim-cursor.ts';
import { answersOf, creationIn, submit, type SubmitRow, valuesOf } from './submit.ts';
import { SubmitSequence, waitsForNobody } from './submit-sequence.ts';

/**
 * The submits of one process, one behind the other: the next one is made ready while the server works on the last one,
 * and runs lie in the line as they were asked for. Large ones that cannot get into each other's way the server works on
 * side by side, so that one uses the processor while the other waits for the disk (`create_in_turn_v1`).
 *
 * A claim that is asked for in the same turn of the event loop as a small submit travels with it, in one message and one
 * transaction. So an idle worker has what its own process asks for after one commit instead of two.
 */
export class SubmitBatcher {
  readonly #db: Connection;
  readonly #cursor: ClaimCursor;
  readonly #sequence = new SubmitSequence();
  readonly #underWay = new Set<Promise<void>>();
  /** The last one that others may not go beside. */
  #alone: Promise<void> | undefined;
  /** About to leave; a claim may come along. */
  #leaving: Leaving | undefined;
  /** Nobody claims in most processes that submit: then nothing is waited for. */
  #hasClaimer = false;

  constructor(db: Connection, cursor: ClaimCursor) {
    this.#db = db;
    this.#cursor = cursor;
  }

  async submit(runs: readonly NewRun[]): Promise<Submitted[]> {
    const isSmall = runs.length <= maxWithClaim;
    if (this.#underWay.size === 0 && this.#hasClaimer && isSmall) return this.#leave(runs);
    const isBeside = !isSmall && this.#sequence.isKnown && runs.every(waitsForNobody);
    const before = isBeside ? this.#alone : Promise.all(this.#underWay);
    const values = valuesOf(runs);
    const rows = this.#db.writeInSequence<SubmitRow>('submit', async () => {
      await before;
      return isBeside ? this.#inSequence(values) : this.#creation(values);
    });
    this.#follow(rows, isBeside);
    const [row] = await rows;
    return this.#read(runs, row as SubmitRow);
  }

  claim(request: ClaimRequest): Promise<Claimed> {
    this.#hasClaimer = true;
    const leaving = this.#leaving;
    if (leaving === undefined) return claim(this.#db, request, this.#cursor);
    this.#leaving = undefined;
    const claimed = createDeferred<Claimed>();
    leaving.claim = { request, claimed };
    leaving.joined.resolve();
    return claimed.promise;
  }

  #read(runs: readonly NewRun[], { answers, now }: SubmitRow): Submitted[] {
    this.#sequence.note(now);
    return answersOf(runs, answers);
  }

  #follow(rows: Promise<unknown>, isBeside: boolean): void {
    const settled = rows
      .catch(() => undefined)
      .then(() => {
        this.#underWay.delete(settled);
        if (this.#alone === settled) this.#alone = undefined;
      });
    this.#underWay.add(settled);
    if (!isBeside) this.#alone = settled;
  }

  #creation(values: readonly unknown[]): Message {
    return { text: `select ${creationIn(this.#db)} answers, ${this.#db.schema}.now_ms() now`, values };
  }

  #inSequence([items, size]: readonly unknown[]): Message {
    const { schema } = this.#db;
    const { sequence, place, latest } = this.#sequence.next();
    return {
      text: `select ${schema}.create_in_sequence_v1($1::json, $2::integer, $3::integer, $4::integer, $5::bigint) answers,
        ${schema}.now_ms() now`,
      values: [items, size, sequence, place, latest],
    };
  }

  /**
   * Waits out this turn of the event loop for a claim, and goes alone where none comes. A value that the server refuses
   * fails both; each is then asked for alone. Over a connection that broke neither is known, and a claim is never sent
   * twice.
   */
  async #leave(runs: readonly NewRun[]): Promise<Submitted[]> {
    const leaving: Leaving = { joined: createDeferred(), claim: undefined };
    this.#leaving = leaving;
    let call: CreateClaimCall | undefined;
    const answered = this.#db.writeInSequence<SubmitRow | CreateClaimRow>('submit', async () => {
      await Promise.race([leaving.joined.promise, nextTurn()]);
      if (this.#leaving === leaving) this.#leaving = undefined;
      if (leaving.claim === undefined) return this.#creation(valuesOf(runs));
      call = createClaimCall(this.#db, { runs, request: leaving.claim.request, cursor: this.#cursor });
      return call;
    });
    this.#follow(answered, false);
    try {
      const [row] = await answered;
      if (call === undefined) return this.#read(runs, row as SubmitRow);
      const { submitted, claimed } = call.read(row as CreateClaimRow);
      this.#sequence.note(claimed.now);
      leaving.claim?.claimed.resolve(claimed);
      return submitted;
    } catch (error) {
      if (leaving.claim === undefined) throw error;
      const { request, claimed } = leaving.claim;
      if (hasCode(error, 'KEY_BUSY')) {
        claim(this.#db, request, this.#cursor).then(claimed.resolve, claimed.reject);
        throw error;
      }
      if (hasCode(error, 'VALUE_REJECTED')) {
        claim(this.#db, request, this.#cursor).then(claimed.resolve, claimed.reject);
        return submit(this.#db, runs);
      }
      claimed.reject(error);
      // A submit may be sent again, as it would have been without the claim.
      if (hasCode(error, 'STORE_UNAVAILABLE') && isBroken((error as Error).cause)) return submit(this.#db, runs);
      throw error;
    }
  }
}

interface Leaving {
  readonly joined: Deferred<void>;
  claim: { readonly request: ClaimRequest; readonly claimed: Deferred<Claimed> } | undefined;
}

/** A claim does not wait for a large one. */
const maxWithClaim = 20;
