import { calledBack } from '../job/callbacks.ts';
import type { AnyJob } from '../job/define.ts';
import { hasCode, OnejobError } from '../job/errors.ts';
import { givenDuration } from '../job/given-time.ts';
import { inputInvalid, parseInput } from '../job/input.ts';
import { digestOfInput } from '../job/key.ts';
import { isTrigger, triggers, type Trigger } from '../job/state.ts';
import { traceParentOf } from '../job/trace.ts';
import type { NewRun } from '../ports/store-submit.ts';
import type { Duration } from '../std/duration.ts';
import { newId, newTraceId } from '../std/id.ts';
import { digest, isCleanText } from '../std/json.ts';
import { checkedKey, computesKey, keyOfInput } from './run-key.ts';
import { faultOfBody, type RunRequest } from './run-request.ts';
import { storedRequest } from './stored-request.ts';
import { storedText } from './stored-text.ts';

/** What the asker may know of the job; from a process without its code only the name. */
export type RequestedJob = AnyJob | { readonly name: string };

/**
 * Checks a request and makes the run. The input is stored as it was given and parsed anew at each attempt
 * (protocol/claims#keys). On the way it is written once, and read once where the schema, the key or the digest needs it.
 *
 * @throws JOB_UNKNOWN, INPUT_INVALID, VALUE_REJECTED, PAYLOAD_TOO_LARGE, USAGE; nothing is written
 */
export async function newRun(
  job: RequestedJob,
  request: Omit<RunRequest, 'job'>,
  maxBytes: number,
  redact: readonly string[] = [],
): Promise<NewRun> {
  checkName(job.name);
  const known = 'run' in job ? job : undefined;
  const { body, parent } = request;
  const delayMs = durationOf('delay', request.delay) ?? 0;
  const timeoutMs = durationOf('timeout', request.timeout);
  const limits = { maxBytes, ifTooLarge: 'PAYLOAD_TOO_LARGE' } as const;
  const input = storedText(request.input, `the input of ${job.name}`, limits);
  const computes = computesKey(known, request);
  const isKeyed = computes || request.key !== undefined;
  const digestsBody = body instanceof Uint8Array;
  // Read before the schema may change it.
  const plain = known?.input || (isKeyed && !digestsBody) ? plainInput(request, input) : undefined;
  const itsDigest = isKeyed ? (digestsBody ? digest(body) : input === null ? null : digestOfInput(plain)) : null;
  const parsed = known?.input ? await checkedInput(known, request, plain) : plain;
  const key = computes
    ? keyOfInput(known as AnyJob, parsed)
    : request.key === undefined
      ? null
      : checkedKey(request.key);
  const id = newId();
  return {
    id,
    key,
    job: job.name,
    queue: known?.queue ?? 'default',
    trigger: checkedTrigger(request.trigger),
    priority: checkedPriority(request.priority ?? known?.priority ?? 0),
    input,
    digest: itsDigest,
    args: checkedArgs(request.args ?? []),
    request: storedRequest({ headers: request.headers, body: body === input ? undefined : body }, { maxBytes, redact }),
    dueAt: null,
    delayMs: Math.ceil(delayMs),
    timeoutMs: timeoutMs === undefined ? (known?.timeoutMs ?? null) : Math.ceil(timeoutMs),
    deadlineMs: known?.deadlineMs ?? null,
    maxCrashes: known?.maxCrashes ?? 3,
    callbacks: known ? calledBack(known.callbacks) : 'unknown',
    traceId: request.traceId ?? traceParentOf(request.headers)?.traceId ?? newTraceId(),
    parent: parent?.run ?? null,
    root: parent?.root ?? id,
    schedule: null,
    scheduledAt: null,
    holder: delayMs === 0 ? (request.holder ?? null) : null,
    claim: 0,
  };
}

/** Checks a name that code without types may have given: what is no text could not even be sent. @throws JOB_UNKNOWN */
function checkName(name: unknown): void {
  if (typeof name === 'string' && name !== '' && name.length <= longestName && isCleanText(name)) return;
  throw new OnejobError('JOB_UNKNOWN', `no job can have that name: a name is a text of 1 to ${longestName} characters`);
}

function durationOf(name: string, duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : givenDuration(duration, name, 'USAGE');
}

/** The input as an attempt will read it. */
function plainInput({ input, isPlain }: Pick<RunRequest, 'input' | 'isPlain'>, text: string | null): unknown {
  if (isPlain) return input;
  return text === null ? undefined : JSON.parse(text);
}

/** @throws INPUT_INVALID, which says so where the fault is that the body is not JSON */
async function checkedInput(job: AnyJob, request: Omit<RunRequest, 'job'>, plain: unknown): Promise<unknown> {
  try {
    return await parseInput(job, plain);
  } catch (error) {
    const fault = hasCode(error, 'INPUT_INVALID') ? faultOfBody(request) : undefined;
    if (fault === undefined) throw error;
    throw inputInvalid(job.name, [{ path: '', message: `the data is not JSON (${fault})` }]);
  }
}

function checkedArgs(args: unknown): readonly string[] {
  if (Array.isArray(args) && args.every((arg) => typeof arg === 'string')) return [...args];
  throw new OnejobError('USAGE', 'args are a list of texts');
}

function checkedTrigger(trigger: string): Trigger {
  if (isTrigger(trigger)) return trigger;
  throw new OnejobError('USAGE', `the trigger of a run is one of ${triggers.join(', ')}`);
}

function checkedPriority(priority: number): number {
  if (Number.isInteger(priority) && priority >= -1_000 && priority <= 1_000) return priority;
  throw new OnejobError('USAGE', `the priority ${priority} is not a whole number from -1000 to 1000`);
}

const longestName = 200;
