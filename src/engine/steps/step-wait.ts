import { OnejobError } from '../../job/errors.ts';
import { readFailure } from '../../job/failure.ts';
import { givenDuration } from '../../job/given-time.ts';
import type { StepName } from '../../job/key.ts';
import type { JsonText } from '../../job/run.ts';
import type { Schema } from '../../job/schema.ts';
import type { MailboxItem } from '../../ports/store-action.ts';
import { formatDuration, type Duration } from '../../std/duration.ts';
import type { StepCall } from './step-journal.ts';
import type { StepRuntime } from './step-runtime.ts';
import type { StepTries } from './step-tries.ts';

export interface WaitOptions {
  schema?: Schema;
  timeout?: Duration;
  orElse?: unknown;
  name?: StepName;
}

export interface WaitWork {
  readonly runtime: StepRuntime;
  readonly tries: StepTries;
  readonly call: StepCall;
  readonly event: string;
  readonly options: WaitOptions;
}

/**
 * Waits for an event. One whose data does not fit the schema is no answer: it is taken out of the mailbox, recorded as
 * refused, and the wait goes on (decision 0016). @throws WAIT_TIMED_OUT, where there is no `orElse`
 */
export async function waitForEvent(work: WaitWork): Promise<unknown> {
  const { runtime, call, event, options } = work;
  let data: unknown;
  try {
    data = await (runtime.results.recorded(call)?.result ?? answer(work));
  } catch (error) {
    return orElse(options, error);
  }
  if (!options.schema) return data;
  const checked = await options.schema['~standard'].validate(data);
  if (!checked.issues) return checked.value;
  // It did when it was recorded: the code is another one now.
  throw doesNotFit(event, checked.issues);
}

async function answer(work: WaitWork): Promise<unknown> {
  const { runtime, tries, call, event, options } = work;
  const { execution, results } = runtime;
  const { mailbox } = execution;
  const { clock } = execution.host;
  await runtime.gate.pass();
  const timeoutMs = options.timeout === undefined ? null : givenDuration(options.timeout, `step ${call.key}: timeout`);
  // Fixed when the wait was first recorded, whatever the code of today says; null: it has none.
  const recorded = call.record && (call.record.resumeAt === null ? null : tries.untilMs(call.record.resumeAt));
  const limitMs = recorded === undefined ? timeoutMs : recorded;
  const endsAt = limitMs === null ? null : clock.monotonic() + limitMs;
  for (let begun = call.record !== undefined; ;) {
    const leftMs = endsAt === null ? null : Math.max(0, endsAt - clock.monotonic());
    // An event that came before its wait is the answer: nobody needs to know that the wait began.
    if (!begun && !mailbox.has('event', event)) {
      await tries.begin(call, { resumeInMs: leftMs });
      begun = true;
      continue;
    }
    const woken = await runtime.waits.wait<MailboxItem>(`${call.key}: event ${event}`, leftMs, (take) =>
      mailbox.take('event', event, take),
    );
    if (woken.by === 'timer') break;
    const { n, data } = woken.item;
    const refusal = await runtime.waitTracker.work(() => refusalOf(event, options.schema, data));
    if (refusal === null) {
      return results.finish(call, { state: 'succeeded', output: data, error: null, tries: 1, consumes: n });
    }
    await refuse(work, woken.item, refusal);
  }
  const within = timeoutMs === null ? 'in time' : `within ${formatDuration(timeoutMs)}`;
  const late = new OnejobError('WAIT_TIMED_OUT', `no event ${event} came ${within}`);
  return results.finish(call, { state: 'failed', output: null, error: readFailure(late).failure, tries: 1 });
}

async function refusalOf(
  event: string,
  schema: Schema | undefined,
  data: JsonText | null,
): Promise<OnejobError | null> {
  if (!schema) return null;
  const { issues } = await schema['~standard'].validate(data === null ? undefined : JSON.parse(data));
  return issues ? doesNotFit(event, issues) : null;
}

/** A step of its own that no code asks for: it takes the mailbox item, so that no later life of the run reads it again. */
async function refuse({ runtime, call }: WaitWork, item: MailboxItem, refusal: OnejobError): Promise<void> {
  const by = item.actor === null ? '' : `, sent by ${item.actor}`;
  const { host, output } = runtime.execution;
  const text = `${refusal.message}${by}; the run waits on`;
  output.write({ at: host.clock.now(), stream: 'log', level: 'warn', text, step: call.key });
  const key = `${call.key.slice(0, longestName).toWellFormed()} (refused ${item.n})`;
  const startedAt = host.clock.now();
  await runtime.results.record(
    { key, kind: 'wait', order: call.order, record: undefined, startedAt, isOver: false },
    { state: 'failed', output: item.data, error: readFailure(refusal).failure, tries: 1, consumes: item.n },
  );
}

/** The key of a step has at most 500 characters. */
const longestName = 470;

function doesNotFit(event: string, issues: readonly { readonly message: string }[]): OnejobError {
  const faults = issues.map(({ message }) => message).join('; ');
  return new OnejobError('INPUT_INVALID', `the event ${event} does not fit its schema: ${faults}`);
}

function orElse(options: WaitOptions, error: unknown): unknown {
  const late = error instanceof OnejobError && error.code === 'WAIT_TIMED_OUT';
  if (late && 'orElse' in options) return options.orElse;
  throw error;
}
