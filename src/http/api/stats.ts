import type { Duration } from '../../std/duration.ts';
import { defineRoute, json, jsonAnswer } from './route.ts';
import type { ApiSchema } from './schema.ts';
import { duration, instant, listedPause, version } from './schemas.ts';

const count = { type: 'integer', minimum: 0 } as const satisfies ApiSchema;
const maybeMs = { type: ['number', 'null'], description: 'milliseconds' } as const satisfies ApiSchema;
const share = {
  type: ['number', 'null'],
  description: 'of those that succeeded or failed, the part that failed',
} as const satisfies ApiSchema;

const live = {
  due: { ...count, description: 'due, and held by nobody' },
  oldestDueAgeMs: maybeMs,
  later: { ...count, description: 'queued for a later instant' },
  waiting: { ...count, description: 'suspended: for a while, or for a word from outside' },
  running: count,
} as const;

const endedSo = {
  type: 'object',
  required: ['since', 'runs', 'series'],
  properties: {
    since: { ...instant, description: 'from then on all are counted' },
    runs: count,
    series: {
      type: 'array',
      items: { type: ['integer', 'null'] },
      description: 'by part of the time asked for, the oldest first; null: before `since`',
    },
  },
} as const satisfies ApiSchema;

const jobStats = {
  job: { type: 'string' },
  paused: { type: 'boolean' },
  ...live,
  succeeded: count,
  failed: count,
  cancelled: count,
  failureShare: share,
  p50Ms: { ...maybeMs, description: 'from the first beginning to the end of those that succeeded, in milliseconds' },
  p95Ms: maybeMs,
} as const;

const nodes = { alive: count, stalled: count, drained: count, slots: count, usedSlots: count } as const;

const stats = {
  type: 'object',
  required: ['v', 'at', 'live', 'ended', 'jobs', 'nodes', 'pauses'],
  properties: {
    v: version,
    at: instant,
    live: {
      type: 'object',
      description: 'unfinished runs; `isPartial`: there is more than was looked at, each number is at least so high',
      required: [...Object.keys(live), 'isPartial'],
      properties: { ...live, isPartial: { type: 'boolean' } },
    },
    ended: {
      type: 'object',
      description: '`isPartial`: more ended than is counted, and some numbers begin later than `since`',
      required: ['since', 'partMs', 'succeeded', 'failed', 'cancelled', 'failureShare', 'isPartial', 'jobsSince'],
      properties: {
        since: instant,
        partMs: { type: 'number', description: 'length of one part of a series, in milliseconds' },
        succeeded: endedSo,
        failed: endedSo,
        cancelled: endedSo,
        failureShare: share,
        isPartial: { type: 'boolean' },
        jobsSince: { ...instant, description: 'the numbers of the jobs are of all that ended from then on' },
      },
    },
    jobs: { type: 'array', items: { type: 'object', required: Object.keys(jobStats), properties: jobStats } },
    nodes: { type: 'object', required: Object.keys(nodes), properties: nodes },
    pauses: { type: 'array', items: listedPause },
  },
} as const satisfies ApiSchema;

export const showStats = defineRoute({
  method: 'GET',
  path: '/stats',
  id: 'showStats',
  summary: 'What waits, what runs and what ended lately, at one look',
  right: 'read',
  query: { since: { ...duration, default: '24h', description: 'how far back ends are counted: from 1h to 30d' } },
  answers: { 200: jsonAnswer('numbers, in all and by job; what was cut off is said', stats) },
  async handle({ client, query }) {
    return json(200, { v: 1, ...(await client.stats({ since: query.since as Duration })) });
  },
});
