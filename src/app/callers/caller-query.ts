import type { RunId } from '../../job/run.ts';
import type { Clock } from '../../std/clock.ts';
import { createDeferred } from '../../std/deferred.ts';
import type { PeerChannel } from '../backend/peer-channel.ts';

export interface CallerQueryOptions {
  readonly channel: PeerChannel;
  readonly clock: Clock;
  /** Whether somebody waits for that run in this process. */
  readonly isAwaitedHere: (run: RunId) => boolean;
}

/**
 * Asks the other processes whether somebody waits for a run there, and answers when they ask. There is no list of
 * callers to keep, and none to clean up behind a process that was killed: who is dead does not answer.
 */
export class CallerQuery {
  readonly #options: CallerQueryOptions;
  readonly #questions = new Set<Question>();

  constructor(options: CallerQueryOptions) {
    this.#options = options;
    const { channel, isAwaitedHere } = options;
    channel.subscribe({
      about: 'awaited?',
      receive: ([run = ''], { isOwn }) => {
        if (isOwn) for (const question of this.#about(run)) question.isObserved = true;
        else if (isAwaitedHere(run)) channel.publish('awaited', [run]);
      },
    });
    channel.subscribe({
      about: 'awaited',
      receive: ([run = ''], { isOwn }) => {
        if (!isOwn) for (const question of this.#about(run)) question.answer();
      },
    });
  }

  /**
   * Whether somebody waits in another process. Null: the question could not be heard. It takes two seconds where nobody
   * answers.
   */
  async isAwaited(run: RunId): Promise<boolean | null> {
    const { channel, clock } = this.#options;
    const answered = createDeferred<true>();
    const question: Question = { run, answer: () => answered.resolve(true), isObserved: false };
    this.#questions.add(question);
    let isAwaited = false;
    for (let times = 0; times < actions && !isAwaited; times++) {
      channel.publish('awaited?', [run]);
      isAwaited = await Promise.race([answered.promise, clock.sleep(answerMs).then(() => false)]);
    }
    this.#questions.delete(question);
    return isAwaited || (question.isObserved ? false : null);
  }

  #about(run: RunId): Question[] {
    return [...this.#questions].filter((question) => question.run === run);
  }
}

interface Question {
  readonly run: RunId;
  readonly answer: () => void;
  /** By this process itself, so the others have heard it too. */
  isObserved: boolean;
}

/** How often it asks: a line may be lost, and a caller may come just then. */
const actions = 4;
/** MySQL takes a tenth of a second there and one back. */
const answerMs = 500;
