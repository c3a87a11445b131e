// Part 3: the job of part 1 over HTTP, and the same question once more.
// @ts-check
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checked, heading, paint, prompt, remark, say } from './page.mjs';
import { root } from './stage.mjs';

const runId = 'night-7';

/**
 * @param {import('./stage.mjs').Stage} stage
 * @param {import('./words.mjs').Words} words
 */
export async function showHttp(stage, words) {
  heading(words.three.title);
  say(words.three.what);
  stage.export({ ONEJOB_JOBS: join(root, 'examples/01-access-log/jobs') });
  const server = stage.start(['onejob', 'start', '--port', '0', '--node', 'web', '--quiet', '--json'], 'web');
  const url = await addressOf(server);

  remark(words.three.naming);
  const first = await curl(url);
  if (first.status !== 200 || first.replayed) throw new Error(`POST /jobs answers ${first.status}: ${first.body}`);
  remark(words.three.again);
  const second = await curl(url);
  if (!second.replayed || second.body !== first.body)
    throw new Error(`the second answer is another one: ${second.body}`);
  checked(words.three.took(Math.round(first.ms), Math.round(second.ms)));

  remark(words.three.api);
  const run = await show(url, `/api/v1/runs/ego:${runId}`, ({ id, state, trigger, durationMs }) => {
    return { id, state, trigger, durationMs };
  });
  if (run['state'] !== 'succeeded') throw new Error(`the run is ${String(run['state'])}`);
  const { items } = await (await stage.client()).list({ key: `ego:${runId}` });
  if (items.length !== 1) throw new Error(`${items.length} runs of one RunID`);
  checked(words.three.onlyOne);
  server.kill('SIGTERM');
  await server.ended;
}

/** Asks for the job, as ego's callers do, and shows what `curl -i` would, as far as it is about the run. @param {string} url */
async function curl(url) {
  const headers = { 'X-Ego-Job-Name': 'access-log', 'X-Ego-Job-RunID': runId };
  const body = JSON.stringify({ path: 'access.log', top: 1 });
  const typed = Object.entries(headers).map(([name, value]) => ` -H '${name}: ${value}'`);
  prompt(`curl -i${typed.join('')} -d '${body}' ${url}/jobs`);
  const since = performance.now();
  const response = await fetch(`${url}/jobs`, { method: 'POST', headers, body });
  const text = await response.text();
  const ms = performance.now() - since;
  say(`HTTP/1.1 ${response.status} ${response.statusText}`);
  for (const [name, value] of response.headers)
    if (name.startsWith('x-ego') || name.startsWith('x-onejob')) say(`${name}: ${value}`);
  say(paint.dim(text.length > 160 ? `${text.slice(0, 160)}…` : text));
  return { status: response.status, body: text, replayed: response.headers.get('x-onejob-replayed') === 'true', ms };
}

/**
 * @param {string} url
 * @param {string} path
 * @param {(body: Record<string, unknown>) => Record<string, unknown>} pick what is shown of it
 */
async function show(url, path, pick) {
  prompt(`curl ${url}${path}`);
  const body = pick(/** @type {Record<string, unknown>} */ (await (await fetch(url + path)).json()));
  say(JSON.stringify(body).replace(/\}$/, ', …}'));
  return body;
}

/** @param {{ lines: readonly string[] }} server */
async function addressOf({ lines }) {
  const end = performance.now() + 60_000;
  for (;;) {
    const ready = lines.find((line) => line.startsWith('{"event":"ready"'));
    if (ready !== undefined) return String(/** @type {{ url: unknown }} */ (JSON.parse(ready)).url);
    if (performance.now() > end) throw new Error('the server did not start within a minute');
    await sleep(10);
  }
}
