import type { RunHandle } from '../../app/client/run-handle.ts';
import type { RunRequest } from '../../intake/run-request.ts';
import { OnejobError } from '../../job/errors.ts';
import { runView } from '../../job/run-view.ts';
import { isFinal } from '../../job/state.ts';
import type { Duration } from '../../std/duration.ts';
import { textOfHeader } from '../header-bytes.ts';
import type { AnyAnswer } from '../text-answer.ts';
import { preferredWait, waitFor } from './prefer.ts';
import { defineRoute, json, jsonAnswer, type Call } from './route.ts';
import type { ApiSchema, Fields } from './schema.ts';
import { duration, key, name, oneRun, startedRun } from './schemas.ts';
import { prefer } from './runs.ts';

/** What a run can be asked with besides its input. */
export const wishes = {
  key,
  delay: { ...duration, description: 'start after this time' },
  priority: { type: 'integer', minimum: -1_000, maximum: 1_000, description: 'higher first' },
  timeout: { ...duration, description: 'running time of an attempt, instead of what the job says' },
} as const satisfies Fields;

const location = { location: { type: 'string', description: 'where the run is' } } as const;

export const startRun = defineRoute({
  method: 'POST',
  path: '/jobs/{name}/runs',
  id: 'startRun',
  summary: 'Start a run: the body is its input',
  right: 'trigger',
  params: { name },
  query: {
    ...wishes,
    arg: {
      type: 'array',
      items: { type: 'string', maxLength: 100 },
      maxItems: 50,
      description: 'its arguments; more and longer ones by `POST /runs`',
    },
  },
  headers: { 'idempotency-key': { ...key, description: 'the key, as a header' }, prefer },
  body: {
    schema: {} as const satisfies ApiSchema,
    required: false,
    description: 'the input, as the schema of the job says',
  },
  maxBytes: ({ config }) => config.options.limits?.value ?? 1_048_576,
  answers: {
    200: jsonAnswer('the run, which has ended, whatever its state', oneRun),
    202: jsonAnswer('the run is stored, and goes on or waits for a worker', startedRun, location),
  },
  async handle(call) {
    const { client, params, query, headers, body, text, allHeaders } = call;
    const run: RunRequest = {
      job: params.name,
      input: body,
      isPlain: true,
      body: text === '' ? undefined : text,
      trigger: 'http',
      headers: headersOf(allHeaders()),
      key: keyOf(query.key, headers['idempotency-key']),
      delay: query.delay as Duration | undefined,
      timeout: query.timeout as Duration | undefined,
      priority: query.priority,
      args: query.arg,
    };
    const [handle] = await client.request([run]);
    return answerOf(handle as RunHandle, call, preferredWait(headers.prefer));
  },
});

type StartRequest = Pick<
  Call<{ name: typeof name }, Fields, Fields, ApiSchema>,
  'client' | 'params' | 'request' | 'app' | 'path'
>;

/** 200 and the run when it has ended, or does within the wait; else 202 and where it is. */
async function answerOf(
  { id, key: itsKey, jobId, state, created }: RunHandle,
  { client, params, request, app, path }: StartRequest,
  seconds: number | null,
): Promise<AnyAnswer> {
  const applied = seconds === null ? {} : { 'Preference-Applied': `wait=${seconds}` };
  const signal = AbortSignal.any([request.signal, app.stopping]);
  if (seconds !== null && !isFinal(state)) await waitFor({ client, ref: id, seconds, signal });
  const run = seconds !== null || isFinal(state) ? await client.find(id) : null;
  if (run && isFinal(run.state)) return json(200, { v: 1, ...runView(run), created }, applied);
  const job = app.jobs.registry.find(params.name)?.name ?? params.name;
  const started = { v: 1, id, key: itsKey, jobId, job, state: run?.state ?? state, created };
  return json(202, started, { Location: placeOf(path, id), ...applied });
}

/** Wherever the API is mounted. */
function placeOf(path: string, id: string): string {
  return path.replace(/\/jobs\/[^/]+\/runs$/, `/runs/${id}`);
}

/** A quoted key, as the draft of the header has it, is the same as a bare one. @throws USAGE for two different ones */
function keyOf(query: string | undefined, header: string | undefined): string | undefined {
  const bare =
    header === undefined
      ? undefined
      : (/^"((?:[^"\\]|\\.)*)"$/.exec(header)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? header);
  if (query === undefined || bare === undefined || query === bare) return query ?? bare;
  throw new OnejobError('USAGE', `the run has two keys: ${query} in the query, ${bare} in Idempotency-Key`);
}

/** What the job sees of the request: not what is spoken between programs and proxies on the way. */
function headersOf(headers: readonly (readonly [string, string])[]): [string, string][] {
  return headers
    .filter(([header]) => !hopByHopHeaders.has(header) && !header.startsWith('sec-'))
    .map(([header, value]) => [header, textOfHeader(value)]);
}

const hopByHopHeaders = new Set(
  (
    'accept accept-encoding accept-language cache-control connection content-length content-type expect host ' +
    'idempotency-key keep-alive origin pragma prefer priority referer te trailer transfer-encoding upgrade user-agent ' +
    'authorization proxy-authorization cookie'
  ).split(' '),
);
