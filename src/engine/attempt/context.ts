import type { JobContext, JobResponse, RunInfo, RunLog } from '../../job/context.ts';
import { isHeaderName, isHeaderValue } from '../../job/header.ts';
import { formatFields, type OutputLine } from '../../job/output-line.ts';
import type { Progress, StoredResponse } from '../../job/run.ts';
import type { Step } from '../../job/step.ts';
import { formatTraceParent, parentOf } from '../../job/trace.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Tracer } from '../../ports/tracer.ts';
import type { Abort } from '../../std/abort.ts';
import type { Clock } from '../../std/clock.ts';

/** The part of an `Execution` that a handler gets to see. */
export interface ContextOptions {
  readonly claim: Claim;
  readonly input: unknown;
  readonly services: unknown;
  readonly step: () => Step;
  readonly abort: Abort;
  readonly response: ResponseNotes;
  readonly host: { readonly tracer?: Tracer | undefined; readonly clock: Clock };
  readonly output: { write(line: OutputLine): unknown; report(progress: Progress): void };
}

/** Makes the one argument of a handler. What costs something and is rarely used is made when it is asked for. */
export function createContext(options: ContextOptions): JobContext<never, never> {
  const { claim } = options;
  let request: Request | undefined;
  let log: RunLog | undefined;
  return {
    input: options.input as never,
    services: options.services as never,
    args: claim.args,
    attempt: claim.attempt,
    response: options.response,
    header: (name) => headerOf(claim, name),
    get request() {
      return (request ??= createRequest(claim));
    },
    get step() {
      return options.step();
    },
    get log() {
      return (log ??= createRunLog(options));
    },
    get signal() {
      return options.abort.signal;
    },
    get run() {
      return runInfo(options);
    },
    get scheduledAt() {
      return claim.scheduledAt === null ? null : new Date(claim.scheduledAt);
    },
    progress: (fraction, text) => {
      const known = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : null;
      options.output.report({ fraction: known, text: text === undefined ? null : clean(textOf(text).slice(0, 500)) });
    },
  };
}

function runInfo({ claim, host }: ContextOptions): RunInfo {
  const { run, key, job, trigger, traceId, createdAt, parent } = claim;
  return {
    id: run,
    key,
    job,
    trigger,
    traceId,
    createdAt: new Date(createdAt),
    parentId: parent,
    get traceparent() {
      return host.tracer?.traceparent() ?? formatTraceParent(parentOf(claim));
    },
  };
}

/** What the handler writes to `response`. */
export class ResponseNotes implements JobResponse {
  #status = 200;
  #headers: Map<string, readonly [string, string]> | undefined;
  #body: string[] | undefined;
  #touched = false;

  status(code: number): this {
    if (!Number.isInteger(code) || code < 200 || code > 599) throw new RangeError(`${code} is not an HTTP status`);
    this.#touched = true;
    this.#status = code;
    return this;
  }

  /**
   * Checks the header here, where the handler sees the error. A wrong header that was recorded would fail each later
   * answer.
   */
  header(name: string, value: string): this {
    const text = textOf(value).toWellFormed();
    if (!isHeaderName(name) || !isHeaderValue(text)) throw new TypeError(`${shown(name)} is no header of one line`);
    this.#touched = true;
    this.#headers ??= new Map();
    this.#headers.set(name.toLowerCase(), [name, text]);
    return this;
  }

  write(text: string): this {
    const part = textOf(text); // as it is: half of a pair may end one part, its other half begin the next
    this.#touched = true;
    this.#body ??= [];
    this.#body.push(part);
    return this;
  }

  /** The size of headers and body, in UTF-8. */
  get bytes(): number {
    if (!this.#touched) return 0;
    const { headers = [], body } = this.stored ?? {};
    return headers.flat().reduce((sum, text) => sum + Buffer.byteLength(text), Buffer.byteLength(body ?? ''));
  }

  /** What is stored of it; null where the handler wrote nothing. */
  get stored(): StoredResponse | null {
    if (!this.#touched) return null;
    const body = this.#body === undefined ? null : clean(this.#body.join(''));
    return { status: this.#status, headers: [...(this.#headers?.values() ?? [])], body };
  }
}

function createRunLog({ host, output }: ContextOptions): RunLog {
  const line = (level: OutputLine['level']) => (text: string, fields?: Record<string, unknown>) => {
    const kept = fields === undefined ? undefined : formatFields(fields);
    output.write({ at: host.clock.now(), stream: 'log', level, text: clean(text), ...(kept && { fields: kept }) });
  };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

function headerOf({ request }: Claim, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const values = request?.headers.filter(([header]) => header.toLowerCase() === wanted).map(([, value]) => value);
  return values?.length ? values.join(', ') : undefined;
}

/** Node's Headers hold Latin-1: other characters go in as their UTF-8 bytes, as they came over the wire. */
function createRequest(claim: Claim): Request {
  const headers = new Headers();
  for (const [name, value] of claim.request?.headers ?? []) {
    headers.append(name, Buffer.from(value, 'utf8').toString('latin1'));
  }
  const { body, encoding } = claim.request ?? { body: null, encoding: 'utf8' as const };
  const text = body === null ? claim.input : encoding === 'base64' ? Buffer.from(body, 'base64') : body;
  const init = { method: 'POST', headers, ...(text === null ? {} : { body: text }) };
  return new Request(`http://onejob/jobs/${encodeURIComponent(claim.job)}`, init);
}

function shown(name: unknown): string {
  return typeof name === 'string' ? JSON.stringify(name.slice(0, 100)) : typeof name;
}

/** Makes a text of anything: code without types may log anything. */
function clean(text: unknown): string {
  return textOf(text).toWellFormed().replaceAll('\u0000', '\u2400');
}

function textOf(given: unknown): string {
  return String(given);
}
