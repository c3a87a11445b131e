import { checkedCall, weighCall } from './call-limits.ts';
import type { Signals } from './signals.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Action, ActionResult } from '../ports/store-action.ts';
import type { NewRun, Submitted } from '../ports/store-submit.ts';
import type { Store } from '../ports/store.ts';
import type { Clock } from '../std/clock.ts';
import { Batcher } from './batcher.ts';

export interface OutboxOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: Meter | undefined;
  /** Told of each group that is on its way, before it is answered. */
  readonly signals?: Pick<Signals, 'sending'>;
}

/**
 * Sends what somebody asks for, in groups like those of the journal: new runs, and actions on runs. No code of a run
 * waits for it, so the caller is told at once when the store is away (protocol/journal#a-store-that-is-away).
 */
export class Outbox {
  readonly #store: Store;
  readonly #signals: Pick<Signals, 'sending'> | undefined;
  readonly #submits: Batcher<readonly NewRun[], readonly Submitted[]>;
  readonly #actions: Batcher<Action, ActionResult>;

  constructor({ store, clock, log, meter, signals }: OutboxOptions) {
    this.#store = store;
    this.#signals = signals;
    this.#submits = new Batcher({
      name: 'submits',
      send: async (calls) => {
        const [only] = calls;
        if (only && calls.length === 1) return [await this.#send(only)];
        const answers = await this.#send(calls.flat());
        let end = 0;
        return calls.map(({ length }) => answers.slice(end, (end += length)));
      },
      weigh: weighCall,
      count: (call) => call.length,
      keysOf: (call) => call.flatMap(({ key }) => key ?? []),
      patience: 'once',
      clock,
      log,
      meter,
    });
    this.#actions = new Batcher<Action, ActionResult>({
      name: 'actions',
      send: (actions) => {
        const answers = store.act(actions);
        signals?.sending('actions');
        return answers;
      },
      weigh: (action) => 300 + (action.kind === 'event' ? (action.data?.length ?? 0) : 0),
      patience: 'once',
      clock,
      log,
      meter,
    });
  }

  /**
   * Creates all runs that are new in one commit, or none.
   *
   * @throws STORE_UNAVAILABLE, VALUE_REJECTED, KEY_BUSY after half a minute, PAYLOAD_TOO_LARGE for more than one commit takes
   */
  async submit(runs: readonly NewRun[]): Promise<readonly Submitted[]> {
    checkedCall(runs);
    const isBeside = runs.length > largeCall && this.#store.facts.keepsSubmitsInOrder === true;
    if (!isBeside || !this.#submits.isIdle || this.#submits.besides === maxBeside) return this.#submits.push(runs);
    // A large call needs no group. It goes at once, beside another one: whatever was asked for before is on its way.
    return this.#submits.pushBeside(runs);
  }

  #send(runs: readonly NewRun[]): Promise<readonly Submitted[]> {
    const answers = this.#store.submit(runs);
    if (runs.some(({ holder }) => holder === null)) this.#signals?.sending('submits'); // else there is nothing to claim
    return answers;
  }

  /** @throws STORE_UNAVAILABLE, VALUE_REJECTED */
  act(action: Action): Promise<ActionResult> {
    return this.#actions.push(action);
  }

  async settled(): Promise<void> {
    await Promise.all([this.#submits.settled(), this.#actions.settled()]);
  }
}

/** Up to so many runs, a call goes into a group with others. */
const largeCall = 20;
/** So many large calls at once: one is worked on while the other one waits for the disk. */
const maxBeside = 2;
