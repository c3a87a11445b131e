import { nodeView, pauseView } from '../../app/views/json-views.ts';
import { defineRoute, json, jsonAnswer } from './route.ts';
import { listedPause, listOf, node } from './schemas.ts';

export const listNodes = defineRoute({
  method: 'GET',
  path: '/nodes',
  id: 'listNodes',
  summary: 'The processes that work on the store',
  right: 'read',
  answers: { 200: jsonAnswer('all of them, the eldest first', listOf(node)) },
  async handle({ client }) {
    const [workers, pauses] = await Promise.all([client.workers(), client.pauses()]);
    const eldestFirst = workers.toSorted((a, b) => a.registeredAt - b.registeredAt);
    return json(200, { v: 1, items: eldestFirst.map((worker) => nodeView(worker, pauses)), next: null });
  },
});

export const listPauses = defineRoute({
  method: 'GET',
  path: '/pauses',
  id: 'listPauses',
  summary: 'Everything that is paused now',
  right: 'read',
  answers: {
    200: jsonAnswer('by name', listOf(listedPause)),
  },
  async handle({ client }) {
    const items = (await client.pauses()).map((pause) => ({ type: pause.type, name: pause.name, ...pauseView(pause) }));
    return json(200, { v: 1, items, next: null });
  },
});
