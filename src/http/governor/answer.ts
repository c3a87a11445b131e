import type { Failure } from '../../job/failure.ts';
import { isErrorCode } from '../../job/errors.ts';
import type { Run, StoredResponse } from '../../job/run.ts';
import { headerOfText, oneLine } from '../header-bytes.ts';
import { TextAnswer, type AnyAnswer } from '../text-answer.ts';

/** The two headers of a request to ego's route, as they came; an answer holds them again (contract EGO-9). */
export interface Echo {
  readonly name?: string | undefined;
  readonly runId?: string | undefined;
}

/** The answer of a run that has ended. It is the same whenever and wherever it is asked for (contract EGO-15). */
export function answerOf(run: Run, echo: Echo, { replayed }: { replayed: boolean }): AnyAnswer {
  if (run.state !== 'succeeded') return answerOfFailure(run, echo);
  const { status, headers, body } = writtenBy(run);
  const all = { ...headers, ...echoHeaders(echo), ...(replayed && { 'X-Onejob-Replayed': 'true' }) };
  const isEmpty = body === '' || status === 204 || status === 205 || status === 304;
  return isEmpty ? new Response(null, { status, headers: all }) : new TextAnswer(body, { status, headers: all });
}

/** An answer without a run: what was wrong stands in the header, as text and percent-encoded (contracts EGO-10 to EGO-14). */
export function refusal(status: number, message: string, echo: Echo, code?: string): Response {
  return new Response(null, { status, headers: refusalHeaders(status, message, echo, code) });
}

function refusalHeaders(status: number, message: string, echo: Echo, code?: string): Record<string, string> {
  const text = oneLine(message, maxErrorBytes);
  const headers: Record<string, string> = {
    ...echoHeaders(echo),
    'X-Ego-Job-Err': headerOfText(text),
    'X-Onejob-Err': encodeURIComponent(text),
    ...(code !== undefined && { 'X-Onejob-Code': headerOfText(oneLine(code, maxErrorBytes)) }),
  };
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  if (status === 503) headers['Retry-After'] = '1';
  return headers;
}

/** Nothing of what the job had written. Of a failure with a code of the job's own the body has all (contract SJ-16). */
function answerOfFailure({ state, error }: Run, echo: Echo): AnyAnswer {
  const failure: Failure = error ?? { code: 'JOB_FAILED', message: `the run is ${state}` };
  const { code, message, data } = failure;
  if (isErrorCode(code)) return refusal(500, message, echo, code);
  const headers = { ...refusalHeaders(500, message, echo, code), 'Content-Type': json };
  return new TextAnswer(JSON.stringify({ code, message, data }), { status: 500, headers });
}

export function echoHeaders({ name, runId }: Echo): Record<string, string> {
  return {
    ...(name !== undefined && { 'X-Ego-Job-Name': name }),
    ...(runId !== undefined && { 'X-Ego-Job-RunID': runId }),
  };
}

/** What the job wrote to its response, or else what it returned: text as text, anything else as JSON. */
function writtenBy({ response, output }: Run): { status: number; headers: Record<string, string>; body: string } {
  const returned: unknown = output === null ? '' : JSON.parse(output);
  const isText = typeof returned === 'string';
  const body = response?.body ?? (isText ? returned : (output ?? ''));
  const type = response?.body !== undefined && response.body !== null ? plain : isText ? plain : json;
  return {
    status: response?.status ?? 200,
    headers: { ...(body !== '' && { 'content-type': type }), ...headersOf(response) },
    body,
  };
}

/** Those that a job may set; what concerns the connection is the server's. */
function headersOf(response: StoredResponse | null): Record<string, string> {
  const headers = (response?.headers ?? []).filter(([name]) => token.test(name) && !connection.has(name.toLowerCase()));
  return Object.fromEntries(
    headers.map(([name, value]) => [name.toLowerCase(), headerOfText(oneLine(value, maxHeaderBytes))]),
  );
}

const plain = 'text/plain; charset=utf-8';
const json = 'application/json; charset=utf-8';
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const connection = new Set(
  'connection content-length date keep-alive te trailer transfer-encoding upgrade x-ego-job-name x-ego-job-runid'.split(
    ' ',
  ),
);
const maxErrorBytes = 1_024;
const maxHeaderBytes = 8_192;
