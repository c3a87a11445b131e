import type { RunId } from '../job/run.ts';
import type { Submitted } from '../ports/store-submit.ts';
import type { StoreFacts } from '../ports/store.ts';

/** The worker of this process, as signals see it. */
export interface LocalWorker {
  /** Looks for work now. */
  work(): void;
  /** Fetches mailbox items now, if one of the runs executes here (null: any may). True: all of them execute here. */
  mailbox(runs: readonly RunId[] | null): boolean;
}

/** The way to the workers of other processes, on which a signal may be lost. */
export interface OtherWorkers {
  work(): void;
  mailbox(runs: readonly RunId[] | null): void;
}

export interface SignalsOptions {
  readonly others: OtherWorkers;
  readonly facts: Pick<StoreFacts, 'isOrdered' | 'joinsClaims'>;
}

/**
 * The one way to tell workers that there is something for them: work that is due, or messages to runs that they
 * execute. A signal only spares a poll, so nothing is wrong when one is lost. Where runs are named, null means that
 * nobody knows which.
 */
export class Signals {
  readonly #others: OtherWorkers;
  readonly #isOrdered: boolean;
  readonly #joinsClaims: boolean;
  #here: LocalWorker | undefined;

  constructor({ others, facts }: SignalsOptions) {
    this.#others = others;
    this.#isOrdered = facts.isOrdered ?? false;
    this.#joinsClaims = facts.joinsClaims ?? false;
  }

  /** From now on this worker is the one of this process; it takes the place of the one before. */
  attach(worker: LocalWorker): void {
    this.#here = worker;
  }

  /** Runs are due: tells the worker of this process and all others. */
  work(): void {
    this.workHere();
    this.#others.work();
  }

  /** Runs are due: tells the worker of this process only. */
  workHere(): void {
    this.#here?.work();
  }

  /** The runs have got messages. Others hear of it unless all of the runs execute here. */
  mailbox(runs: readonly RunId[] | null): void {
    if (this.mailboxHere(runs)) return;
    this.#others.mailbox(runs);
    this.#others.work(); // a run that was parked is due now
  }

  /** The runs have got mailbox items: tells the worker of this process only. True: all of the runs execute here. */
  mailboxHere(runs: readonly RunId[] | null): boolean {
    return this.#here?.mailbox(runs) ?? false;
  }

  /** Runs were taken from their workers: they are due or have ended, and parents and children have got messages. */
  taken(): void {
    this.workHere();
    this.mailbox(null);
  }

  /**
   * A group of the outbox is on its way to the store. Where a claim right behind it finds its runs, the worker of this
   * process looks now, so that both travel and commit together.
   */
  sending(what: 'submits' | 'actions'): void {
    if (this.#isOrdered || (what === 'submits' && this.#joinsClaims)) this.workHere();
  }

  /** The store has the group. The worker of this process looked when it was sent, where that was early enough. */
  submitted(answers: readonly Submitted[]): void {
    if (answers.every(({ run }) => run.state !== 'queued')) return; // each of them is held by somebody already
    if (!this.#isOrdered) this.workHere();
    this.#others.work();
  }

  /** The store has done what was asked of these runs. */
  acted(runs: readonly RunId[] | null): void {
    if (!this.#isOrdered) this.workHere(); // a run that was parked is due now
    this.mailbox(runs);
  }
}
