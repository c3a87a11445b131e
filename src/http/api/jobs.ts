import type { App } from '../../app/app.ts';
import { jobTarget } from '../../app/job-target.ts';
import { listedJobView, pauseView } from '../../app/views/json-views.ts';
import { defineRoute, json, jsonAnswer } from './route.ts';
import { instant, job, listOf, name, pause, reason, version } from './schemas.ts';

export const listJobs = defineRoute({
  method: 'GET',
  path: '/jobs',
  id: 'listJobs',
  summary: 'The jobs that this server knows',
  right: 'read',
  answers: { 200: jsonAnswer('all of them, by name', listOf(job)) },
  async handle({ app, client }) {
    await app.jobs.load();
    const pauses = await client.pauses();
    const items = app.jobs.registry.all().map((each) => listedJobView(each, pauses));
    return json(200, { v: 1, items, next: null });
  },
});

export const showJob = defineRoute({
  method: 'GET',
  path: '/jobs/{name}',
  id: 'showJob',
  summary: 'A job: what it takes, as JSON Schema, and its rules',
  right: 'read',
  params: { name },
  answers: { 200: jsonAnswer('the job', { ...job, properties: { v: version, ...job.properties } }) },
  async handle({ app, client, params }) {
    await app.jobs.load();
    return json(200, { v: 1, ...listedJobView(app.jobs.registry.get(params.name), await client.pauses()) });
  },
});

const paused = {
  type: 'object',
  required: ['v', 'type', 'name', 'paused'],
  properties: {
    v: version,
    type: { type: 'string', enum: ['job', 'node'] },
    name: { type: 'string' },
    paused: pause,
  },
} as const;

const pausing = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: { reason, until: { ...instant, description: 'it ends by itself then' } },
  },
  required: false,
  description: 'why, and until when',
} as const;

/** A job, or a node, whose pause is called draining; of each the way in and the way out. */
export const pauses = [
  ...pauseRoutes({ type: 'job', path: '/jobs/{name}', pause: 'pause', ids: ['pauseJob', 'resumeJob'] }),
  ...pauseRoutes({ type: 'node', path: '/nodes/{name}', pause: 'drain', ids: ['drainNode', 'resumeNode'] }),
];

function pauseRoutes(of: { type: 'job' | 'node'; path: string; pause: string; ids: readonly [string, string] }) {
  const { type, path, pause: verb, ids } = of;
  const answers = { 200: jsonAnswer('what holds now; null: it goes on', paused) };
  const start = defineRoute({
    method: 'POST',
    path: `${path}/${verb}`,
    id: ids[0],
    summary:
      type === 'job'
        ? 'Let no worker take another run of a job, until it is resumed'
        : 'Let a node finish what it has and take nothing more',
    right: 'write',
    params: { name },
    body: pausing,
    answers,
    async handle({ app, client, params, body }) {
      const target = { type, name: await targetOf(app, type, params.name) };
      await client.pause(target, {
        ...(body?.reason !== undefined && { reason: body.reason }),
        ...(body?.until !== undefined && { until: new Date(body.until) }),
      });
      const found = (await client.pauses()).find((each) => each.type === type && each.name === target.name);
      return json(200, { v: 1, ...target, paused: found ? pauseView(found) : null });
    },
  });
  const end = defineRoute({
    method: 'POST',
    path: `${path}/resume`,
    id: ids[1],
    summary: type === 'job' ? 'End the pause of a job' : 'Let a drained node take work again',
    right: 'write',
    params: { name },
    answers,
    async handle({ app, client, params }) {
      const target = { type, name: await targetOf(app, type, params.name) };
      await client.resume(target);
      return json(200, { v: 1, ...target, paused: null });
    },
  });
  return [start, end];
}

/** A job is named as it is stored. @throws JOB_UNKNOWN */
async function targetOf(app: App, type: 'job' | 'node', given: string): Promise<string> {
  return type === 'node' ? given : jobTarget(app, given);
}
