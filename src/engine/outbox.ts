import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Ask, AskAnswer } from '../ports/store-ask.ts';
import type { NewRun, Submitted } from '../ports/store-submit.ts';
import type { Store } from '../ports/store.ts';
import type { Clock } from '../std/clock.ts';
import { Lane } from './lane.ts';

export interface OutboxOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: Meter | undefined;
  /** Called when a group that others may take or hear is on its way, before it is answered. */
  readonly onSent?: (what: 'submits' | 'asks') => void;
}

/**
 * What a process asks of others, in groups like the journal's: new runs and words to runs. Nobody's code is running
 * yet, so a store that is away is told at once instead of being waited for (STORE §1.5).
 */
export class Outbox {
  readonly #submits: Lane<NewRun, Submitted>;
  readonly #asks: Lane<Ask, AskAnswer>;

  constructor({ store, clock, log, meter, onSent = () => undefined }: OutboxOptions) {
    this.#submits = new Lane<NewRun, Submitted>({
      name: 'submits',
      send: (runs) => {
        const answers = store.submit(runs);
        if (runs.some(({ holder }) => holder === null)) onSent('submits'); // else there is nothing to claim
        return answers;
      },
      weigh: (run) => 200 + (run.input?.length ?? 0) + (run.request?.body?.length ?? 0),
      patience: 'once',
      inFlight: store.facts.keepsSubmitsInOrder ? 2 : 1,
      clock,
      log,
      meter,
    });
    this.#asks = new Lane<Ask, AskAnswer>({
      name: 'asks',
      send: (asks) => {
        const answers = store.ask(asks);
        onSent('asks');
        return answers;
      },
      weigh: (ask) => 300 + (ask.kind === 'event' ? (ask.data?.length ?? 0) : 0),
      patience: 'once',
      clock,
      log,
      meter,
    });
  }

  /** @throws STORE_UNAVAILABLE, VALUE_REJECTED */
  submit(run: NewRun): Promise<Submitted> {
    return this.#submits.push(run);
  }

  /** @throws STORE_UNAVAILABLE, VALUE_REJECTED */
  ask(ask: Ask): Promise<AskAnswer> {
    return this.#asks.push(ask);
  }

  async settled(): Promise<void> {
    await Promise.all([this.#submits.settled(), this.#asks.settled()]);
  }
}
