import { runStates, triggers } from '../../job/state.ts';
import type { ApiSchema } from './schema.ts';

/** The parts that several routes are made of. Those of `components` stand in the document once, under their names. */

export const instant = { type: 'string', format: 'date-time' } as const satisfies ApiSchema;
const maybeInstant = { type: ['string', 'null'], format: 'date-time' } as const satisfies ApiSchema;
const maybeText = { type: ['string', 'null'] } as const satisfies ApiSchema;
const maybeNumber = { type: ['number', 'null'] } as const satisfies ApiSchema;
const version = { type: 'integer', const: 1, description: 'of this form of JSON' } as const satisfies ApiSchema;

/** No control characters. */
export const name = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$',
} as const;
export const key = { ...name, maxLength: 500, description: 'same key = same run, same result' } as const;
export const ref = {
  ...name,
  maxLength: 700, // a computed key has the name of its job before it
  description: 'id, key, or the end of an id of at least 6 characters',
} as const;
export const reason = { type: 'string', maxLength: 1_000, description: 'why; kept for whoever wonders' } as const;
export const duration = {
  type: 'string',
  pattern: '^(\\d{1,14}(\\.\\d{1,3})?(ms|s)|\\d{1,6}(\\.\\d{1,3})?(m|h)|\\d{1,5}(\\.\\d{1,3})?d)$',
  examples: ['250ms', '30s', '10m', '2h', '3d'],
} as const satisfies ApiSchema;
export const runState = { type: 'string', enum: runStates } as const;
export const trigger = { type: 'string', enum: triggers } as const;

const failure = {
  type: ['object', 'null'],
  description: 'of a run or step that did not succeed; `data` and `stack` where there are any',
  required: ['code', 'message'],
  properties: { code: { type: 'string' }, message: { type: 'string' }, stack: { type: 'string' } },
} as const satisfies ApiSchema;

const step = {
  type: 'object',
  required: ['key', 'state', 'tries', 'output', 'error', 'startedAt', 'finishedAt'],
  properties: {
    key: { type: 'string' },
    state: { type: 'string', enum: ['running', 'succeeded', 'failed'] },
    tries: { type: 'integer', description: 'executions so far; a crash is none' },
    error: failure,
    startedAt: instant,
    finishedAt: maybeInstant,
    kind: { type: 'string', enum: ['step', 'sleep', 'wait', 'child', 'callback'] },
    firstSeq: { type: 'integer', description: 'order of first asking, from 0: what a restart from a step forgets by' },
    resumeAt: maybeInstant,
    childId: maybeText,
  },
} as const satisfies ApiSchema;

const runFields = {
  id: { type: 'string', format: 'uuid' },
  key: maybeText,
  jobId: { type: 'string', description: 'the key where there is one, else the id' },
  job: { type: 'string' },
  state: runState,
  trigger,
  attempt: { type: 'integer' },
  crashes: { type: 'integer' },
  priority: { type: 'integer' },
  input: { description: 'as it was given; null where there was none' },
  output: { description: 'what the job returned' },
  error: failure,
  progress: {
    type: ['object', 'null'],
    properties: { fraction: maybeNumber, text: maybeText },
  },
  scheduledAt: maybeInstant,
  createdAt: instant,
  startedAt: maybeInstant,
  finishedAt: maybeInstant,
  durationMs: maybeNumber,
  node: maybeText,
  epoch: { type: 'integer' },
  traceId: { type: 'string' },
  parentId: maybeText,
  rootId: { type: 'string' },
  generation: { type: 'integer' },
  queue: { type: 'string' },
  schedule: maybeText,
  dueAt: maybeInstant,
  waitingFor: { type: 'array', items: { type: 'string' }, description: 'in words' },
  args: { type: 'array', items: { type: 'string' } },
  response: { type: ['object', 'null'], description: 'what the job wrote to `response`' },
} as const satisfies Readonly<Record<string, ApiSchema>>;

const runRequired = Object.keys(runFields);

export const run = {
  type: 'object',
  description: 'A run, the same in every face; `steps` only where one is shown.',
  required: runRequired,
  properties: {
    ...runFields,
    steps: { type: 'array', items: step },
    omitted: {
      type: 'object',
      description:
        'in a list: values above 16 KiB, which are null or empty there, and their sizes in bytes; the run alone has them',
      properties: Object.fromEntries(
        (['input', 'args', 'request', 'output', 'response', 'error'] as const).map((name) => [
          name,
          { type: 'integer' },
        ]),
      ),
    },
  },
} as const satisfies ApiSchema;

/** With the version and whatever else a route says of it. */
export const oneRun = {
  ...run,
  required: ['v', ...runRequired],
  properties: {
    v: version,
    ...run.properties,
    created: { type: 'boolean', description: 'false: the key existed, and this is the run that has it' },
    verdict: { type: 'string', enum: ['done', 'pending'], description: 'pending: its worker will see it' },
  },
} as const satisfies ApiSchema;

export const startedRun = {
  type: 'object',
  description: 'A run that was asked for and has not ended.',
  required: ['v', 'id', 'key', 'jobId', 'job', 'state', 'created'],
  properties: {
    v: version,
    id: runFields.id,
    key: runFields.key,
    jobId: runFields.jobId,
    job: runFields.job,
    state: runState,
    created: oneRun.properties.created,
  },
} as const satisfies ApiSchema;

export const pause = {
  type: ['object', 'null'],
  required: ['reason', 'actor', 'since', 'until'],
  properties: { reason: maybeText, actor: { type: 'string' }, since: instant, until: maybeInstant },
} as const satisfies ApiSchema;

/** In a list of all that is paused. */
export const listedPause = {
  type: 'object',
  required: ['type', 'name', ...pause.required],
  properties: {
    type: { type: 'string', enum: ['job', 'queue', 'schedule', 'node'] },
    name: { type: 'string' },
    ...pause.properties,
  },
} as const satisfies ApiSchema;

export const job = {
  type: 'object',
  description: 'A job: what it takes and its rules.',
  required: ['name', 'summary', 'input', 'retry', 'paused'],
  properties: {
    name: { type: 'string' },
    summary: { type: 'string' },
    details: { type: 'string' },
    examples: { type: 'array', items: { type: 'string' } },
    input: { type: ['object', 'null'], description: 'JSON Schema (2020-12) of the input; null: not known' },
    positional: { type: 'array', items: { type: 'string' } },
    short: { type: 'object' },
    keyed: { type: 'boolean', description: 'its key is computed from its input' },
    retry: { type: 'object', description: '`attempts` null: without end; delays in milliseconds' },
    timeoutMs: maybeNumber,
    deadlineMs: maybeNumber,
    graceMs: { type: 'number' },
    queue: { type: 'string' },
    priority: { type: 'integer' },
    maxCrashes: { type: 'integer' },
    steps: { type: ['array', 'null'], items: { type: 'string' }, description: 'of a pipeline' },
    place: { type: 'string', description: 'where it is defined' },
    paused: pause,
  },
} as const satisfies ApiSchema;

export const node = {
  type: 'object',
  description: 'A process that works on the store, as it last said of itself.',
  required: ['id', 'node', 'host', 'pid', 'stalled', 'drained', 'load', 'slots', 'jobs', 'version', 'since'],
  properties: {
    id: { type: 'string' },
    node: { type: 'string' },
    host: { type: 'string' },
    pid: { type: 'integer' },
    stalled: { type: 'boolean', description: 'its main loop stands still' },
    drained: { type: 'boolean' },
    load: { type: 'integer' },
    slots: { type: 'integer', description: '0: it works on its own runs only' },
    jobs: { type: 'array', items: { type: 'string' } },
    version: { type: 'string' },
    since: instant,
  },
} as const satisfies ApiSchema;

export const line = {
  type: 'object',
  description: 'A line of the output of a run.',
  required: ['seq', 'offset', 'time', 'stream', 'level', 'text'],
  properties: {
    seq: { type: 'integer', description: 'of the chunk of lines that it was stored with' },
    offset: { type: 'string', description: 'the place right behind it' },
    time: instant,
    stream: { type: 'string', enum: ['log', 'stdout', 'stderr'] },
    level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'] },
    text: { type: 'string' },
    fields: { type: 'object' },
    step: { type: 'string' },
  },
} as const satisfies ApiSchema;

export const problem = {
  type: 'object',
  description: 'RFC 9457. `code` is one of the table of errors; `hint` says what to do, `data` is for programs.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    hint: { type: 'string' },
    requestId: { type: 'string' },
  },
} as const satisfies ApiSchema;

/** `{ "v": 1, "items": [ … ], "next": … }` */
export function listOf<const S extends ApiSchema>(items: S, next: ApiSchema = { type: 'null' }) {
  const properties = { v: version, items: { type: 'array', items }, next } as const;
  return { type: 'object', required: ['v', 'items'], properties } as const;
}

export const components: Readonly<Record<string, ApiSchema>> = {
  Run: run,
  RunAnswer: oneRun,
  StartedRun: startedRun,
  Job: job,
  Node: node,
  Pause: pause,
  Line: line,
  Problem: problem,
};
export { version };
