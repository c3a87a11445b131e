import { calledBack, isReservedKey } from '../../job/callbacks.ts';
import { computedKey, inputDigest } from '../../job/key.ts';
import type { AnyJob } from '../../job/define.ts';
import { OnejobError } from '../../job/errors.ts';
import { importedHeader } from '../../job/imported.ts';
import { isHeaderName, isHeaderValue } from '../../job/header.ts';
import { parseInput } from '../../job/input.ts';
import type { RunId, StoredRequest } from '../../job/run.ts';
import { isTrigger, triggers, type Trigger } from '../../job/state.ts';
import { traceParentOf } from '../../job/trace.ts';
import type { NewRun } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { newId, newTraceId } from '../../std/id.ts';
import { checkStorable, digest, isCleanText } from '../../std/json.ts';

/** What somebody asks for, before it is checked. */
export interface Wish {
  readonly input: unknown;
  readonly trigger: Trigger;
  readonly key?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** The very text of the body, where it is not just the JSON of the input; bytes where they are no text. */
  readonly body?: string | Uint8Array | undefined;
  readonly delayMs?: number | undefined;
  readonly priority?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly parent?: { readonly run: RunId; readonly root: RunId } | undefined;
  readonly traceId?: string | undefined;
  readonly holder?: WorkerId | undefined;
}

/** What the submitter may know of the job; from a process without its code only the name. */
export type SubmittedJob = AnyJob | { readonly name: string };

/**
 * Checks the input as given (STORE §4, Keys: it is stored so, and parsed anew at each attempt) and makes the run.
 * @throws JOB_UNKNOWN, INPUT_INVALID, VALUE_REJECTED, PAYLOAD_TOO_LARGE, USAGE; nothing is written
 */
export async function newRun(
  job: SubmittedJob,
  wish: Wish,
  maxBytes: number,
  redact: readonly string[] = [],
): Promise<NewRun> {
  checkName(job.name);
  const known = 'run' in job ? job : undefined;
  const input = storable(wish.input, maxBytes, `the input of ${job.name}`, 'PAYLOAD_TOO_LARGE');
  const parsed = known?.input || known?.key ? await parseInput(known, parseStored(input)) : undefined;
  const id = newId();
  const key = keyOf(known, wish, parsed);
  return {
    id,
    key,
    job: job.name,
    queue: known?.queue ?? 'default',
    trigger: checkedTrigger(wish.trigger),
    priority: checkedPriority(wish.priority ?? known?.priority ?? 0),
    input,
    digest: key === null ? null : wish.body instanceof Uint8Array ? digest(wish.body) : inputDigest(input),
    args: checkedArgs(wish.args ?? []),
    request: requestOf(wish, maxBytes, redact),
    dueAt: null,
    delayMs: Math.ceil(wish.delayMs ?? 0),
    timeoutMs: wish.timeoutMs === undefined ? (known?.timeoutMs ?? null) : Math.ceil(wish.timeoutMs),
    deadlineMs: known?.deadlineMs ?? null,
    maxCrashes: known?.maxCrashes ?? 3,
    callbacks: known ? calledBack(known.callbacks) : 'unknown',
    traceId: wish.traceId ?? traceParentOf(wish.headers)?.traceId ?? newTraceId(),
    parent: wish.parent?.run ?? null,
    root: wish.parent?.root ?? id,
    schedule: null,
    scheduledAt: null,
    holder: wish.holder ?? null,
    claim: 0,
  };
}

function checkedArgs(args: unknown): readonly string[] {
  if (Array.isArray(args) && args.every((arg) => typeof arg === 'string')) return [...args];
  throw new OnejobError('USAGE', 'args are a list of texts');
}

function checkedTrigger(trigger: string): Trigger {
  if (isTrigger(trigger)) return trigger;
  throw new OnejobError('USAGE', `the trigger of a run is one of ${triggers.join(', ')}`);
}

/** Also where types do not hold: what is no text could not even be sent. @throws JOB_UNKNOWN */
function checkName(name: unknown): void {
  if (typeof name === 'string' && name !== '' && name.length <= longestName && isCleanText(name)) return;
  throw new OnejobError('JOB_UNKNOWN', `no job can have that name: a name is a text of 1 to ${longestName} characters`);
}

const longestName = 200;

/** The text of a value, or the documented refusal; `ifTooLarge` is its code where a caller sent too much. */
export function storable(
  value: unknown,
  maxBytes: number,
  what: string,
  ifTooLarge: 'VALUE_REJECTED' | 'PAYLOAD_TOO_LARGE' = 'VALUE_REJECTED',
): string | null {
  const check = checkStorable(value, { maxBytes });
  if (check.ok) return check.text ?? null;
  const where = check.path ? ` (at ${check.path})` : '';
  const code = check.tooLarge ? ifTooLarge : 'VALUE_REJECTED';
  throw new OnejobError(code, `${what} cannot be stored${where}: ${check.why}`);
}

function parseStored(input: string | null): unknown {
  return input === null ? undefined : JSON.parse(input);
}

/**
 * A child has no computed key: it belongs to the step that asked for it, and a parent gets no word of the end of a run
 * that somebody else asked for.
 */
function keyOf(job: AnyJob | undefined, { key: given, parent }: Wish, parsed: unknown): string | null {
  if (given !== undefined) return checkedKey(given);
  if (!job?.key || parent) return null;
  const key: unknown = (job.key as (input: unknown) => unknown)(parsed);
  if (typeof key === 'string' && key !== '' && key.length <= 400) return computedKey(job.name, key);
  throw new OnejobError('CONFIG_INVALID', `the key of ${job.name} gave ${JSON.stringify(key) ?? 'undefined'}`, {
    hint: 'key is a function of the input that returns a text of 1 to 400 characters',
  });
}

/** Also where types do not hold. An empty one is a variable that was not set: all its runs would be one. */
function checkedKey(key: unknown): string {
  const isText = typeof key === 'string' && key !== '' && key.length <= 500;
  if (!isText || !checkStorable(key, { maxBytes: 2_000 }).ok)
    throw new OnejobError('USAGE', `${shown(key)} is no key: a key is a text of 1 to 500 characters`);
  if (!isReservedKey(key)) return key;
  throw new OnejobError(
    'USAGE',
    `${shown(key)} cannot be a key: those that begin with callback: are given to callbacks`,
    {
      hint: 'write something else in front',
    },
  );
}

function shown(key: unknown): string {
  const text = typeof key === 'string' ? `'${key}'` : String(key);
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}

function checkedPriority(priority: number): number {
  if (Number.isInteger(priority) && priority >= -1_000 && priority <= 1_000) return priority;
  throw new OnejobError('USAGE', `the priority ${priority} is not a whole number from -1000 to 1000`);
}

/**
 * Headers are kept but for those that carry secrets, ours and those of the configuration (CONTRACTS EGO-28), and that of
 * an import, by which a caller could pass over steps.
 */
function requestOf({ headers = [], body }: Wish, maxBytes: number, redact: readonly string[]): StoredRequest | null {
  const secret = (name: string) => secretHeaders.has(name) || redact.some((each) => each.toLowerCase() === name);
  for (const header of headers) checkHeader(header);
  const kept = headers.map(([name, value]) => [name, value] as const).filter(([name]) => !secret(name.toLowerCase()));
  if (kept.length === 0 && body === undefined) return null;
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array))
    throw new OnejobError('USAGE', 'the body of a request is a text or bytes');
  if (body !== undefined && Buffer.byteLength(body) > maxBytes) {
    throw new OnejobError('PAYLOAD_TOO_LARGE', `the data is larger than the limit of ${maxBytes} bytes`);
  }
  return typeof body === 'object'
    ? { headers: kept, body: Buffer.from(body).toString('base64'), encoding: 'base64' }
    : { headers: kept, body: body ?? null, encoding: 'utf8' };
}

/** As `Headers` will want it when the job reads its request: there it would fail the run. */
function checkHeader([name, value]: readonly [string, string]): void {
  if (isHeaderName(name) && isHeaderValue(value)) return;
  const what = isHeaderName(name)
    ? `the value of the header ${name} is no text of one line`
    : `${JSON.stringify(name)} cannot be the name of a header`;
  throw new OnejobError('USAGE', what, {
    hint: 'a name is made of mailbox items, digits and hyphens, a value of one line',
  });
}

const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', importedHeader]);
