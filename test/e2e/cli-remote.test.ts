import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import { openFolder } from '../support/folder.ts';
import { createInstalled, onejob, startOnejob, type Ended, type Started } from '../support/onejob.ts';
import { until } from '../support/until.ts';

const job = (code: string) => `
  import { defineJob, definePipeline } from 'onejob';
  import { z } from 'zod';
  export default ${code};`;

const files = {
  'jobs/add.job.mjs': job(`defineJob({
    summary: 'Adds two numbers', cli: { positional: ['a'], short: { b: 'b' } },
    input: z.object({ a: z.number().describe('first'), b: z.number().default(1) }),
    run: ({ input, log }) => { log.info('adding', { a: input.a }); console.log('added'); return input.a + input.b; },
  })`),
  'jobs/broken.job.mjs': job(
    `defineJob({ async run({ step }) { await step('fall', () => { throw new Error('no way'); }); } })`,
  ),
  'jobs/approve.job.mjs': job(`defineJob({ async run({ step }) {
    return 'approved by ' + await step.wait('approved', { schema: z.string() });
  } })`),
  'jobs/echo.job.mjs': job(
    `defineJob({ run: async ({ request, args, header }) => ({ text: await request.text(), args, user: header('user') }) })`,
  ),
  'jobs/greet.job.mjs': job(`definePipeline({ input: z.object({ name: z.string() }) })
    .step('hello', (c) => ({ ...c, text: 'hello ' + c.name })).step('shout', (c) => ({ ...c, text: c.text.toUpperCase() }))`),
};

type Call = (...args: string[]) => Promise<Ended>;

/** A project with its worker, and calls of the command line inside of it. */
async function onStore(): Promise<Call> {
  const cwd = await createInstalled(files);
  await serve(cwd, '--roles', 'worker');
  return (...args) => onejob(args, { cwd });
}

/** The same project behind HTTP, and calls from a folder where nothing is. */
async function onServer(): Promise<Call> {
  const url = await urlOf(await serve(await createInstalled(files), '--port', '0', '--token', 'secret'));
  const cwd = await openFolder();
  return (...args) => {
    return onejob(['--url', url, ...args], { cwd, env: { ONEJOB_TOKEN: 'secret' } });
  };
}

async function serve(cwd: string, ...args: string[]): Promise<Started> {
  const server = startOnejob(['start', '--node', 'mill', ...args], { cwd });
  await server.said('onejob ready');
  return server;
}

const urlOf = (server: Started) => until('the address', () => /http:\/\/\S+/.exec(server.stderr)?.[0]);

/** Without what differs from run to run. */
function alike({ code, stdout, stderr }: Ended): { code: number | null; stdout: string; stderr: string } {
  const plain = (text: string) =>
    text
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
      .replaceAll(/\b[0-9a-f]{32}\b/g, 'TRACE')
      .replaceAll(/\bby (cli|http)\b/g, 'by WHO')
      .replaceAll(/"actor":"\w+"/g, '"actor":"WHO"')
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, 'TIME')
      .replaceAll(/\b\d\d:\d\d:\d\d\.\d{3}\b/g, 'TIME')
      .replaceAll(/\b[\d.]+ (ms|s|m)\b/g, 'TOOK')
      .replaceAll(/"(durationMs|pid|epoch)":\d+/g, '"$1":N')
      .replaceAll(/"load":[\d.]+/g, '"load":N')
      .replaceAll(/\/[\w./-]*onejob-test-\w+\//g, '')
      .replaceAll(/\.{2}\/[\w./-]*jobs\//g, 'jobs/')
      .replaceAll(/\b(\d+ of 10|now|just now|TOOK ago)\b/g, 'X')
      .replaceAll(/\t\d+\t/g, '\tN\t')
      .replaceAll(/ {2,}/g, '  ')
      .replaceAll(/TIME\t\d*\t/g, 'TIME\tN\t');
  return { code, stdout: plain(stdout), stderr: plain(stderr) };
}

async function story(call: Call): Promise<unknown[]> {
  const told: unknown[] = [];
  const tell = async (...args: string[]) => {
    const ended = await call(...args);
    told.push({ args, ...alike(ended) });
    return ended;
  };
  await tell('list', '--json');
  await tell('jobs', 'list');
  await tell('jobs', 'show', 'Add');
  await tell('show', 'greet', '--json');
  await tell('enqueue', 'add', '2', '-b', '3', '--key', 'sum');
  await tell('runs', 'wait', 'sum');
  await tell('enqueue', 'Add', '--a', '2', '--input.b', '3', '--key', 'sum', '--json');
  await tell('enqueue', 'add', '--a', '9', '--key', 'sum');
  await tell('enqueue', 'add', '--a', 'x');
  await tell('enqueue', 'ad');
  await tell('enqueue', 'echo', '--data', '{ "n": 1 }', '--header', 'user=张三', '--params', 'a;b', '--key', 'echo');
  await tell('runs', 'wait', 'echo', '--json');
  await tell('enqueue', 'broken', '--key', 'broken', '--priority', '3');
  await tell('runs', 'wait', 'broken');
  await tell('runs', 'show', 'broken');
  await tell('runs', 'retry', 'broken');
  await tell('runs', 'wait', 'broken', '--json');
  await tell('runs', 'restart', 'broken', '--from', 'none');
  await tell('runs', 'restart', 'sum');
  await tell('runs', 'wait', 'sum');
  await tell('enqueue', 'greet', '--name', 'ann', '--key', 'greet');
  await tell('runs', 'wait', 'greet');
  await tell('runs', 'show', 'greet', '--json');
  await tell('runs', 'restart', 'greet', '--from', '2');
  await tell('runs', 'wait', 'greet');
  await tell('enqueue', 'approve', '--key', 'approve');
  await until(
    'it waits',
    async () => (await call('runs', 'show', 'approve', '--json')).stdout.includes('"state":"waiting"'),
    60_000,
  );
  await tell('runs', 'explain', 'approve', '--json');
  await tell('runs', 'wait', 'approve', '--timeout', '100ms');
  // What it says depends on how fast the worker is.
  expect((await call('runs', 'send', 'approve', 'approved', '--data', '"bob"')).code).toBe(0);
  await tell('runs', 'wait', 'approve');
  await tell('runs', 'send', 'approve', 'approved');
  await tell('runs', 'logs', 'sum');
  await tell('runs', 'logs', 'sum', '--json');
  await tell('runs', 'logs', '-f', 'sum', '--json', '--since-offset', '0');
  await tell('jobs', 'pause', 'add', '--reason', 'the shop moves');
  await tell('jobs', 'list');
  await tell('enqueue', 'add', '--a', '1', '--key', 'paused');
  await tell('runs', 'explain', 'paused');
  await tell('runs', 'cancel', 'paused', '--reason', 'enough');
  await tell('runs', 'cancel', 'paused');
  await tell('jobs', 'resume', 'add', '--json');
  await tell('jobs', 'pause', 'ad');
  await tell('runs', 'list', '--job', 'Add', '--json');
  await tell('runs', 'list', '--state', 'succeeded,failed', '--limit', '3');
  await tell('runs', 'list', '--state', 'faild');
  await tell('runs', 'cancel', '--job', 'add', '--state', 'queued', '--dry-run');
  await tell('runs', 'retry', '--job', 'broken', '--yes');
  await tell('runs', 'wait', 'broken');
  await tell('runs', 'show', 'nobody', '--json');
  await tell('nodes', 'drain', 'mill', '--reason', 'new kernel', '--until', '2h');
  await tell('nodes', 'list', '--json');
  await tell('nodes', 'resume', 'mill');
  return told;
}

describe('the command line of a server', () => {
  test('says and answers what that of a store does', { timeout: 300_000 }, async () => {
    const [near, far] = await Promise.all([story(await onStore()), story(await onServer())]);
    for (const [i, each] of near.entries()) expect(far[i]).toEqual(each);
  });

  test('follows a log over a restart of the server, and waits for its end', { timeout: 180_000 }, async () => {
    const cwd = await createInstalled({
      'jobs/count.job.mjs': job(`defineJob({ async run({ step, input }) {
        for (let i = 1; i <= 12; i++) { console.log('line ' + i); await step.sleep('s' + i, '500ms'); }
      } })`),
    });
    // Its own output is in the store; the server that is asked only reads it.
    await serve(cwd, '--roles', 'worker', '--node', 'worker');
    const first = await serve(cwd, '--roles', 'http', '--port', '0', '--node', 'face');
    const url = await urlOf(first);
    const { port } = new URL(url);
    const { id } = await createClient({ url }).enqueue('count');
    const waiting = startOnejob(['runs', 'wait', id, '--url', url], { cwd });
    const following = startOnejob(['runs', 'logs', '-f', id, '--url', url], { cwd });
    await following.said('line 5');
    first.child.kill('SIGKILL');
    await first.ended;
    await serve(cwd, '--roles', 'http', '--port', port, '--node', 'face');
    const lines = Array.from({ length: 12 }, (_, i) => `line ${i + 1}\n`).join('');
    expect(await following.ended).toMatchObject({ code: 0, stdout: lines });
    expect((await waiting.ended).code).toBe(0);
  });

  test('is told who is not there, who may not, and what cannot be done from afar', { timeout: 120_000 }, async () => {
    const cwd = await createInstalled(files);
    const url = await urlOf(await serve(cwd, '--port', '0', '--token', 'secret'));
    const calls: [args: string[], code: number, sentence: string][] = [
      [['runs', 'list', '--url', 'http://127.0.0.1:1'], 5, 'does not answer'],
      [['runs', 'list', '--url', 'redis://127.0.0.1'], 2, 'begins with http:// or https://'],
      [['runs', 'list', '--url', url], 6, 'a valid token is needed'],
      [['runs', 'list', '--url', url, '--token', 'wrong'], 6, 'give it by --token, ONEJOB_TOKEN,'],
      [['run', 'add', '--a', '1', '--url', url], 2, 'onejob run works here'],
      [['queue', 'pause', 'mail', '--url', url], 2, 'onejob queue pause works here'],
      [['doctor', '--url', url], 2, 'onejob doctor looks at a store'],
    ];
    for (const [args, code, sentence] of calls) {
      const ended = await onejob(args, { cwd });
      expect(ended, args.join(' ')).toMatchObject({ code, stdout: '' });
      expect(ended.stderr, args.join(' ')).toContain(sentence);
    }
  });
});
