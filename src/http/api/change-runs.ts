import type { Client } from '../../app/client/client.ts';
import { applyToAll, findAll, type RunFilter, type Verdict } from '../../app/client/many-runs.ts';
import { OnejobError } from '../../job/errors.ts';
import { runView } from '../../job/run-view.ts';
import type { RunState } from '../../job/state.ts';
import type { ActionResult } from '../../ports/store-action.ts';
import { defineRoute, json, jsonAnswer, type Route } from './route.ts';
import { filterOf, filters } from './runs.ts';
import type { ApiSchema } from './schema.ts';
import { listOf, name, oneRun, reason, ref, runState } from './schemas.ts';

/** Something that is done to a run, or to all that a filter finds. */
interface Change<B extends ApiSchema> {
  readonly verb: 'cancel' | 'retry' | 'restart';
  /** Of one run, and of many. */
  readonly summaries: readonly [one: string, many: string];
  /** States in which it can be done. */
  readonly states: readonly RunState[];
  readonly body: B;
  readonly apply: (client: Client, id: string, body: ActionBody) => Promise<ActionResult>;
}

interface ActionBody {
  readonly reason?: string;
  readonly now?: boolean;
  readonly from?: string | number;
}

const changes: readonly Change<ApiSchema>[] = [
  {
    verb: 'cancel',
    summaries: ['Cancel a run', 'Cancel all runs that a filter finds'],
    states: ['queued', 'running', 'waiting'],
    body: { ...objectOf({ reason, now: { type: 'boolean', description: 'do not ask the worker that has it' } }) },
    apply: (client, id, { reason: why, now = false }) => client.cancel(id, why, { now }),
  },
  {
    verb: 'retry',
    summaries: ['Try a run again that did not succeed', 'Try all runs again that a filter finds'],
    states: ['failed', 'cancelled'],
    body: objectOf({ reason }),
    apply: (client, id, { reason: why }) => client.retry(id, why),
  },
  {
    verb: 'restart',
    summaries: [
      'Run a finished run again, from its beginning or from a step',
      'Run all finished runs again that a filter finds',
    ],
    states: ['succeeded', 'failed', 'cancelled'],
    body: objectOf({
      reason,
      from: {
        type: ['string', 'integer'],
        minimum: 1,
        maximum: 1_000_000,
        description: 'key of a step, or its number from 1',
      },
    }),
    apply: (client, id, { reason: why, from }) =>
      client.restart(id, { ...(from !== undefined && { from }), ...(why !== undefined && { reason: why }) }),
  },
];

function objectOf<const P extends Readonly<Record<string, ApiSchema>>>(properties: P) {
  return { type: 'object', additionalProperties: false, properties } as const;
}

const verdict = {
  type: ['string', 'null'],
  enum: ['done', 'pending', 'unknown', 'active', 'finished', 'step-unknown', null],
  description: 'pending: its worker will see it; null: nothing was done, as asked',
} as const;

/** Of one run each. */
export const changeOne: readonly Route[] = changes.map(({ verb, summaries: [summary], body, apply }) =>
  defineRoute({
    method: 'POST',
    path: `/runs/{ref}/${verb}`,
    id: `${verb}Run`,
    summary,
    right: 'write',
    params: { ref },
    body: { schema: body, required: false, description: 'why, and how' },
    answers: { 200: jsonAnswer('the run as it is now, and whether it is done already', oneRun) },
    async handle({ client, params, body: asked }) {
      const { id } = await client.find(params.ref);
      const answer = await apply(client, id, (asked ?? {}) as ActionBody);
      return json(200, { v: 1, ...runView(await client.find(id)), verdict: answer.verdict });
    },
  }),
);

/** Of all that a filter finds. */
export const changeMany: readonly Route[] = changes.map(({ verb, summaries: [, summary], states, body, apply }) =>
  defineRoute({
    method: 'POST',
    path: `/runs/${verb}`,
    id: `${verb}Runs`,
    summary,
    right: 'write',
    query: {
      ...filters,
      state: { type: 'array', items: { type: 'string', enum: states }, maxItems: 6 },
      limit: { type: 'integer', minimum: 1, maximum: 10_000, default: 10_000 },
      dryRun: { type: 'boolean', default: false, description: 'only list them' },
    },
    body: { schema: body, required: false, description: 'why, and how' },
    answers: {
      200: jsonAnswer('what became of each', {
        ...listOf({
          type: 'object',
          required: ['id', 'job', 'verdict'],
          properties: { id: { type: 'string' }, job: { type: 'string' }, state: runState, verdict },
        }),
        required: ['v', 'items', 'more'],
        properties: {
          v: { type: 'integer' },
          items: { type: 'array' },
          more: { type: 'boolean', description: 'there are more than `limit` of them: ask again' },
        },
      }),
    },
    async handle({ app, client, query, body: asked, request }) {
      const filter = filterOf(app, query);
      refuseAll(verb, filter);
      const { runs, more } = await findAll(client, verb, { ...filter, states: filter.states ?? states }, query.limit);
      if (query.dryRun) {
        const items = runs.map(({ id, job, state }) => ({ id, job, state, verdict: null as Verdict | null }));
        return json(200, { v: 1, items, more });
      }
      const items = await applyToAll(runs, (id) => apply(client, id, (asked ?? {}) as ActionBody), request.signal);
      return json(200, { v: 1, items, more });
    },
  }),
);

/** @throws USAGE without a filter: all runs there are would be meant by a slip of the pen */
function refuseAll(verb: string, filter: RunFilter): void {
  if (Object.keys(filter).length > 0) return;
  throw new OnejobError('USAGE', `to ${verb} many runs takes a filter: ${Object.keys(filters).join(', ')}`);
}

export const sendEvent = defineRoute({
  method: 'POST',
  path: '/runs/{ref}/send',
  id: 'sendEvent',
  summary: 'Send a run an event that it waits for, or will wait for',
  right: 'trigger',
  params: { ref },
  body: {
    schema: {
      type: 'object',
      required: ['event'],
      additionalProperties: false,
      properties: { event: { ...name, description: 'its name' }, data: { description: 'goes with it' } },
    },
    required: true,
    description: 'the event',
  },
  answers: { 200: jsonAnswer('the run as it is now', oneRun) },
  async handle({ client, params, body }) {
    const { id } = await client.find(params.ref);
    const answer = await client.send(id, body?.event ?? '', body?.data);
    return json(200, { v: 1, ...runView(await client.find(id)), verdict: answer.verdict });
  },
});
