import type { RunId } from '../job/run.ts';
import type { Clock } from '../std/clock.ts';
import { createDeferred } from '../std/deferred.ts';
import type { NodeTalk } from './node-talk.ts';

export interface CallerTalkOptions {
  readonly talk: NodeTalk;
  readonly clock: Clock;
  /** Somebody waits for it in this process. */
  readonly isAwaitedHere: (run: RunId) => boolean;
}

/**
 * Asks the other processes whether somebody waits for a run there, and answers when they ask. There is no list of
 * callers to keep, and none to clean up behind a process that was killed: who is dead does not answer.
 */
export class CallerTalk {
  readonly #options: CallerTalkOptions;
  readonly #questions = new Set<Question>();

  constructor(options: CallerTalkOptions) {
    this.#options = options;
    const { talk, isAwaitedHere } = options;
    talk.listen({
      about: 'awaited?',
      hear: ([run = ''], { isOwn }) => {
        if (isOwn) for (const question of this.#about(run)) question.isHeard = true;
        else if (isAwaitedHere(run)) talk.say('awaited', [run]);
      },
    });
    talk.listen({
      about: 'awaited',
      hear: ([run = ''], { isOwn }) => {
        if (!isOwn) for (const question of this.#about(run)) question.answer();
      },
    });
  }

  /** In another process; null: the question could not be heard. Takes two seconds where nobody answers. */
  async isAwaited(run: RunId): Promise<boolean | null> {
    const { talk, clock } = this.#options;
    const answered = createDeferred<true>();
    const question: Question = { run, answer: () => answered.resolve(true), isHeard: false };
    this.#questions.add(question);
    let isAwaited = false;
    for (let times = 0; times < asks && !isAwaited; times++) {
      talk.say('awaited?', [run]);
      isAwaited = await Promise.race([answered.promise, clock.sleep(answerMs).then(() => false)]);
    }
    this.#questions.delete(question);
    return isAwaited || (question.isHeard ? false : null);
  }

  #about(run: RunId): Question[] {
    return [...this.#questions].filter((question) => question.run === run);
  }
}

interface Question {
  readonly run: RunId;
  readonly answer: () => void;
  /** By this process itself, so the others have heard it too. */
  isHeard: boolean;
}

/** Asked again for what was lost, and for a caller who comes just then. */
const asks = 4;
/** MySQL takes a tenth of a second there and one back. */
const answerMs = 500;
