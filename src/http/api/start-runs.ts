import type { RunRequest } from '../../intake/run-request.ts';
import type { Trigger } from '../../job/state.ts';
import type { Duration } from '../../std/duration.ts';
import { defineRoute, json, jsonAnswer } from './route.ts';
import type { ValueOf } from './schema.ts';
import { wishes } from './start-run.ts';
import { listOf, name, startedRun } from './schemas.ts';

const header = { type: 'array', items: { type: 'string', maxLength: 10_000 }, minItems: 2, maxItems: 2 } as const;

const wish = {
  type: 'object',
  required: ['job'],
  additionalProperties: false,
  properties: {
    job: name,
    input: { description: 'as the schema of the job says' },
    body: { type: 'string', description: 'the very text of the request: JSON, or any text; instead of `input`' },
    ...wishes,
    args: { type: 'array', items: { type: 'string', maxLength: 10_000 }, maxItems: 1_000 },
    headers: { type: 'array', items: header, maxItems: 100, description: 'pairs of name and value' },
    trigger: { type: 'string', enum: ['http', 'cli', 'api'], default: 'http' },
  },
} as const;

export const startRuns = defineRoute({
  method: 'POST',
  path: '/runs',
  id: 'startRuns',
  summary: 'Start several runs, of any jobs: all of them or none',
  right: 'trigger',
  body: {
    schema: {
      type: 'object',
      required: ['runs'],
      additionalProperties: false,
      properties: { runs: { type: 'array', items: wish, minItems: 1, maxItems: 1_000 } },
    },
    required: true,
    description: 'what is wished',
  },
  maxBytes: () => 67_108_864,
  answers: { 202: jsonAnswer('all are stored; in the order of the wishes', listOf(started())) },
  async handle({ app, body }) {
    const requests = (body?.runs ?? []).map(requestOf);
    const asked = await app.enqueue(requests);
    const items = asked.map(({ run: { id, key, job, state }, created }) => {
      return { id, key, jobId: key ?? id, job, state, created };
    });
    return json(202, { v: 1, items, next: null });
  },
});

/** Defaults are not filled in inside of a body. */
type Listed = Omit<ValueOf<typeof wish>, 'trigger'> & { readonly trigger?: Trigger };

function requestOf({ trigger = 'http', headers = [], delay, timeout, ...rest }: Listed): RunRequest {
  const pairs = headers.map(([header = '', value = '']) => [header, value] as const);
  return { ...rest, trigger, headers: pairs, delay: delay as Duration, timeout: timeout as Duration };
}

function started() {
  const { v: _, ...properties } = startedRun.properties;
  return { ...startedRun, required: startedRun.required.filter((each) => each !== 'v'), properties } as const;
}
