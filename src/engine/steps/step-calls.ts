import { OnejobError } from '../../job/errors.ts';
import { stepKey, type StepName } from '../../job/key.ts';
import type { StepKind } from '../../job/run.ts';
import { isCleanText } from '../../std/json.ts';
import type { Execution } from '../attempt/execution.ts';
import type { OpenStep } from '../attempt/running-run.ts';
import type { StepCall } from './step-journal.ts';
import type { StepResults } from './step-results.ts';
import { nested, outerStep } from './step-scope.ts';

/** The steps that the code of one execution asked for, by their keys. */
export class StepCalls {
  readonly #execution: Execution;
  readonly #results: StepResults;
  readonly #calls = new Map<string, StepCall>();
  #sealed = false;

  constructor(execution: Execution, results: StepResults) {
    this.#execution = execution;
    this.#results = results;
  }

  /** @throws STEP_REPEATED, or the reason of the abort */
  call(name: StepName, kind: StepKind): StepCall {
    const { abort, host } = this.#execution;
    abort.check();
    if (this.#sealed) throw new Error('a step was asked for after the handler had ended: await every step');
    const key = stepKey(name);
    if (key === '' || key.length > longestKey) {
      throw new OnejobError(
        'CONFIG_INVALID',
        `a step's key has 1 to ${longestKey} characters; this one has ${key.length}`,
      );
    }
    checkText(key, "a step's key");
    if (this.#calls.has(key)) throw repeated(name, key);
    const outer = outerStep();
    if (outer !== undefined && this.#calls.get(outer.key) === outer) throw nested(key, outer.key);
    const record = this.#results.past(key);
    const startedAt = record?.startedAt ?? host.clock.now();
    const isOver = record !== undefined && record.state !== 'running';
    // Its place in this execution: a replay asks in the order of the execution before it, up to what that had recorded,
    // so a step that was begun and lost with a crash gets its number again.
    const order = record?.firstSeq ?? this.#calls.size;
    const call = { key, kind, order, record, startedAt, isOver };
    this.#calls.set(key, call);
    return call;
  }

  /** Asked for in this execution and not ended. */
  get open(): readonly OpenStep[] {
    const now = this.#execution.host.clock.now();
    const open = [...this.#calls.values()].filter(({ isOver }) => !isOver);
    return open.map(({ key, kind, startedAt }) => ({ key, kind, ageMs: Math.max(0, now - startedAt) }));
  }

  /** The idempotency key of a step: the same for every execution, another one after `restart`. */
  stepIdempotencyKey(call: StepCall): string {
    const { run, generation } = this.#execution.claim;
    return generation === 0 ? `${run}:${call.key}` : `${run}:${generation}:${call.key}`;
  }

  /** The handler has ended: no step begins any more. */
  seal(): void {
    this.#sealed = true;
  }
}

/**
 * Checks a text before anything is recorded under it: a text that a database refuses could never be recorded. @throws
 * CONFIG_INVALID
 */
export function checkText(text: string, what: string): void {
  if (isCleanText(text)) return;
  throw new OnejobError(
    'CONFIG_INVALID',
    `${what} holds half of a surrogate pair or U+0000, which no database keeps: ${JSON.stringify(text.slice(0, 100))}`,
    { hint: 'a text that is cut by characters stays whole: [...text].slice(0, 10).join("")' },
  );
}

/** MySQL indexes at most 3,072 bytes; this leaves room for the run's id in four-byte characters. */
const longestKey = 500;

function repeated(name: StepName, key: string): OnejobError {
  const first = JSON.stringify(typeof name === 'string' ? name : name[0]);
  const line = typeof name === 'string' ? `step([${first}, id], …)` : `step([${first}, …, anotherId], …)`;
  // In the text, not as a hint: a hint is not stored with a run.
  return new OnejobError(
    'STEP_REPEATED',
    `the step ${key} was asked for twice in one execution; in a loop, give each its own key: ${line}`,
  );
}
