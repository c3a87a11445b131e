import type { Context } from 'hono';
import type { App } from '../../app/app.ts';
import { prefersAsync } from '../../app/callers/callers.ts';
import { hasCode, isOnejobError } from '../../job/errors.ts';
import { egoKey } from '../../job/key.ts';
import { readBody, textOrBytes } from '../body.ts';
import type { Env, NodeSide } from '../environment.ts';
import type { HandlerOptions } from '../handler-options.ts';
import { textOfHeader } from '../header-bytes.ts';
import { headerPairs } from '../header-pairs.ts';
import { presenceOf } from '../presence.ts';
import { statusOf } from '../status.ts';
import type { AnyAnswer } from '../text-answer.ts';
import { answerOf, echoHeaders, refusal, type Echo } from './answer.ts';

/** `POST /jobs`: executes a job and answers with what came of it (contracts EGO-9 to EGO-18). */
export async function submit(app: App, options: HandlerOptions, context: Context<Env>): Promise<AnyAnswer> {
  const request = context.req.raw;
  const echo = echoOf(request);
  const { name, runId } = echo;
  if (name === undefined) return refusal(400, 'jobName not exist', {});
  const job = textOfHeader(name);
  if (runId === undefined) return refusal(400, `jobName: ${job}, jobRunID not exist`, echo);
  const key = textOfHeader(runId);
  if (key.length > maxRunIdLength) {
    return refusal(400, `jobRunID is longer than ${maxRunIdLength} characters`, { name });
  }
  await app.jobs.load();
  if (!app.jobs.registry.find(job)) return refusal(400, `job:${job} not exist`, echo, 'JOB_UNKNOWN');
  const node = context.env;
  return execute(app, request, { echo, job, actor: context.get('actor'), key: egoKey(key), node, ...options });
}

interface Submission extends Pick<HandlerOptions, 'sameRunId'> {
  readonly echo: Echo;
  readonly job: string;
  readonly key: string;
  readonly actor: string;
  readonly node: Partial<NodeSide>;
}

async function execute(
  app: App,
  request: Request,
  { echo, job, key, actor, node, sameRunId }: Submission,
): Promise<AnyAnswer> {
  const isDetached = prefersAsync(request.headers.get('prefer') ?? undefined);
  const presence = presenceOf(request, node);
  try {
    const body = textOrBytes(await readBody(request, app.config.settings.valueBytes));
    const headers = headerPairs(request, node.incoming).map(([name, value]) => [name, textOfHeader(value)] as const);
    const asked = { job, body, headers, trigger: 'http', ...(sameRunId !== 'run' && { key }) } as const;
    const { run, replayed } = await app.callers.call(asked, { presence, isDetached, actor });
    if (replayed || !isDetached) return answerOf(run, echo, { replayed });
    return accepted(run.id, echo);
  } catch (error) {
    if (presence.hasGone) return refusal(499, 'client closed', echo); // nobody reads it
    return refuse(app, error, echo);
  }
}

/** RFC 7240: it goes on, and this is where to look for it. */
function accepted(id: string, echo: Echo): Response {
  return new Response(null, {
    status: 202,
    headers: { ...echoHeaders(echo), 'Preference-Applied': 'respond-async', Location: `/api/v1/runs/${id}` },
  });
}

/** Nothing has run: what cannot be stored is the caller's fault, not the job's. */
export function refuse(app: App, error: unknown, echo: Echo): Response {
  if (!isOnejobError(error)) {
    app.config.log.error('an answer over HTTP failed', { job: echo.name, error });
    return refusal(500, 'an error of the server itself; its log says more', echo);
  }
  return refusal(hasCode(error, 'VALUE_REJECTED') ? 400 : statusOf(error, 'ego'), error.message, echo, error.code);
}

export function echoOf({ headers }: Request): Echo {
  return {
    name: headers.get('x-ego-job-name') || undefined,
    runId: headers.get('x-ego-job-runid') || undefined,
  };
}

/** Limit of a key: databases index no longer ones. */
const maxRunIdLength = 400;
