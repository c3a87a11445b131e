import type { App } from '../../app/app.ts';
import type { RunFilter } from '../../app/client/many-runs.ts';
import { OnejobError } from '../../job/errors.ts';
import { runView } from '../../job/run-view.ts';
import { parseInstant } from '../../std/instant.ts';
import { preferredWait, waitFor } from './prefer.ts';
import { defineRoute, json, jsonAnswer } from './route.ts';
import type { ValuesOf } from './schema.ts';
import { key, listOf, name, oneRun, ref, run, runState, trigger, version } from './schemas.ts';

const since = {
  type: 'string',
  maxLength: 40,
  description: 'an instant in RFC 3339, or so long ago: 2h, 3d',
  examples: ['2026-01-31T08:00:00Z', '2h'],
} as const;

/** Which runs, as the command line takes them too; every one given must hold. */
export const filters = {
  job: name,
  state: { type: 'array', items: runState, maxItems: 6 },
  trigger,
  key,
  parent: { ...name, description: 'id of the run that started them' },
  since: { ...since, description: `created since: ${since.description}` },
  until: { ...since, description: `created before: ${since.description}` },
} as const;

export const prefer = {
  type: 'string',
  maxLength: 200,
  description: '`wait=30`: answer when the run has ended, or after so many seconds (at most 300)',
} as const;

export const listRuns = defineRoute({
  method: 'GET',
  path: '/runs',
  id: 'listRuns',
  summary: 'Runs, newest first, a page at a time; one that has 8 MiB ends before its `limit`',
  right: 'read',
  query: {
    ...filters,
    id: {
      type: 'array',
      items: { ...name, maxLength: 400 },
      minItems: 1,
      maxItems: 100,
      description: 'just these, by id or key, in this order; unknown ones are left out. With nothing else',
    },
    limit: { type: 'integer', minimum: 1, maximum: 10_000, default: 50 },
    cursor: { ...name, description: '`next` of the page before' },
  },
  answers: {
    200: jsonAnswer('a page', listOf(run, { type: ['string', 'null'], description: 'cursor of the next page' })),
  },
  async handle({ app, client, query }) {
    const { id, limit, cursor, ...others } = query;
    if (id) {
      refuseBeside('id', { cursor, ...others });
      const found = (await client.getMany([...new Set(id)])).filter((each) => each !== null);
      return json(200, { v: 1, items: found.map(runView), next: null });
    }
    const page = await client.list({ ...filterOf(app, query), limit, ...(cursor !== undefined && { cursor }) });
    return json(200, { v: 1, items: page.items.map(runView), next: page.next });
  },
});

export const showRun = defineRoute({
  method: 'GET',
  path: '/runs/{ref}',
  id: 'showRun',
  summary: 'A run with its steps',
  right: 'read',
  params: { ref },
  headers: { prefer },
  answers: { 200: jsonAnswer('the run, also while it goes on', oneRun) },
  async handle({ app, client, params, headers, request }) {
    const seconds = preferredWait(headers.prefer);
    const signal = AbortSignal.any([request.signal, app.stopping]);
    if (seconds !== null) await waitFor({ client, ref: params.ref, seconds, signal });
    const found = await client.find(params.ref, { steps: true });
    return json(200, { v: 1, ...runView(found) }, seconds === null ? {} : { 'Preference-Applied': `wait=${seconds}` });
  },
});

export const explainRun = defineRoute({
  method: 'GET',
  path: '/runs/{ref}/explain',
  id: 'explainRun',
  summary: 'The one reason why a run is not running',
  right: 'read',
  params: { ref },
  answers: {
    200: jsonAnswer('the reason, in words, and what to do about it', {
      type: 'object',
      required: ['v', 'id', 'job', 'state', 'reason', 'text', 'remedy'],
      properties: {
        v: version,
        id: { type: 'string' },
        job: { type: 'string' },
        state: runState,
        reason: {
          type: 'string',
          enum: ['ended', 'running', 'waiting', 'not due', 'paused', 'no worker', 'workers busy', 'suspect', 'next'],
        },
        text: { type: 'string' },
        remedy: { type: ['string', 'null'] },
      },
    }),
  },
  async handle({ client, params }) {
    const { id, job, state } = await client.find(params.ref);
    return json(200, { v: 1, id, job, state, ...(await client.explain(id)) });
  },
});

/** The name of a job as it is stored: `HelloWorld` means `hello-world` here too, where that job is known. */
export function filterOf(app: App, filter: ValuesOf<typeof filters>): RunFilter {
  const { job, state, trigger: by, key: ofKey, parent } = filter;
  const now = Date.now();
  return {
    ...(job !== undefined && { job: app.jobs.registry.find(job)?.name ?? job }),
    ...(state !== undefined && { states: state }),
    ...(by !== undefined && { trigger: by }),
    ...(ofKey !== undefined && { key: ofKey }),
    ...(parent !== undefined && { parent }),
    ...(filter.since !== undefined && { since: readInstant('since', filter.since, now) }),
    ...(filter.until !== undefined && { until: readInstant('until', filter.until, now) }),
  };
}

/** @throws USAGE */
function refuseBeside(name: string, others: Readonly<Record<string, unknown>>): void {
  const other = Object.keys(others).find((each) => others[each] !== undefined);
  if (other !== undefined)
    throw new OnejobError('USAGE', `${name} stands alone: ${other} cannot be asked for beside it`);
}

function readInstant(name: string, text: string, now: number): number {
  try {
    return Math.max(0, Math.trunc(parseInstant(text, now, 'ago')));
  } catch (cause) {
    throw new OnejobError('USAGE', `${name}: ${(cause as Error).message}`, { cause });
  }
}
