import { symlink } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createInstalled, startOnejob, type Started } from '../support/onejob.ts';
import { sendRequest, postJob } from '../support/serving.ts';

const app = `
  import { createApp, defineJob } from 'onejob';
  const app = createApp({
    jobs: [defineJob({ name: 'hello', run: ({ input, header }) => 'hello ' + input + (header('user') ?? '') })],
    store: 'memory:', log: { level: 'error' }, roles: ['worker'], http: { token: 'secret-token' },
  });
  await app.start();`;

const programs = {
  Hono: `
    import { Hono } from 'hono';
    import { serve } from '@hono/node-server';
    import { httpHandler } from 'onejob/http';
    ${app}
    const service = new Hono();
    service.get('/own', (context) => context.text('own'));
    service.mount('/tasks', httpHandler(app));
    const server = serve({ fetch: service.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      console.log('at http://127.0.0.1:' + port);
    });
    process.on('SIGTERM', async () => { await app.stop(); server.close(); server.closeAllConnections(); });`,
  Express: `
    import express from 'express';
    import { nodeListener } from 'onejob/http';
    ${app}
    const service = express();
    service.use('/tasks', nodeListener(app));
    service.use(express.json());
    service.get('/own', (request, response) => response.send('own'));
    const server = service.listen(0, '127.0.0.1', () => console.log('at http://127.0.0.1:' + server.address().port));
    process.on('SIGTERM', async () => { await app.stop(); server.close(); server.closeAllConnections(); });`,
  'no framework at all': `
    import { serveHttp } from 'onejob/http';
    ${app}
    const server = await serveHttp(app, { port: 0 });
    console.log('at ' + server.url);
    process.on('SIGTERM', async () => { await app.stop(); await server.stop(); });`,
};

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

async function started(program: string): Promise<{ process: Started; url: string }> {
  const cwd = await createInstalled({ 'main.mjs': program });
  for (const name of ['hono', '@hono', 'express']) await symlink(join(modules, name), join(cwd, 'node_modules', name));
  const process = startOnejob([], { cwd, program: join(cwd, 'main.mjs') });
  await process.said('at http://');
  const [, url = ''] = /at (http:\S+)/.exec(process.stdout) ?? [];
  return { process, url };
}

describe.each(Object.entries(programs))('mounted in %s', (name, program) => {
  test('everything is answered without a second port', async () => {
    const { process, url } = await started(program);
    const at = name === 'no framework at all' ? url : `${url}/tasks`;
    const headers = { authorization: 'Bearer secret-token' };
    expect(await sendRequest(`${at}/job/list`, { headers })).toMatchObject({ status: 200, body: '["hello"]' });
    expect((await sendRequest(`${at}/job/list`)).status).toBe(401);
    const answer = await postJob(at, 'hello', 'r', { headers, body: '1' });
    expect(answer).toMatchObject({ status: 200, body: 'hello 1', headers: { 'x-ego-job-runid': 'r' } });
    expect((await postJob(at, 'hello', 'r', { headers, body: '1' })).headers['x-onejob-replayed']).toBe('true');
    expect(JSON.parse((await sendRequest(`${at}/api/v1/runs/ego:r`, { headers })).body)).toMatchObject({
      state: 'succeeded',
    });
    // On a connection of its own: Hono leaves what it has not read of a body to its server, which may cut it off.
    const agent = new Agent({ keepAlive: false });
    expect((await postJob(at, 'hello', 'big', { agent, headers, body: 'x'.repeat(1_048_577) })).status).toBe(413);
    if (at !== url) expect(await sendRequest(`${url}/own`)).toMatchObject({ status: 200, body: 'own' });
    process.child.kill('SIGTERM');
    expect((await process.ended).code).toBe(0);
  });
});

test('a handler without a token is refused, unless the program says that it asks who calls', async () => {
  const { process } = await started(`
    import { createApp } from 'onejob';
    import { httpHandler } from 'onejob/http';
    const app = createApp({ jobs: [], store: 'memory:' });
    let refusal;
    try { httpHandler(app); } catch ({ code }) { refusal = code; }
    const handler = httpHandler(app, { insecure: true });
    const { status } = await handler(new Request('http://any.example/job/list'));
    console.log('at http://' + refusal + status);
    await app.stop();`);
  expect((await process.ended).stdout).toBe('at http://CONFIG_INVALID200\n');
});

test('EGO-22 an app with settings of http serves when it starts, and ends when it stops', async () => {
  const { process, url } = await started(`
    import { createApp, defineJob } from 'onejob';
    const app = createApp({
      jobs: [defineJob({ name: 'hello', run: () => 'hello' })],
      store: 'memory:', log: { level: 'error' }, http: { port: 0 },
    });
    await app.start();
    console.log('at ' + app.url);
    process.on('SIGTERM', () => app.stop());`);
  expect(await postJob(url, 'hello', 'r')).toMatchObject({ status: 200, body: 'hello' });
  process.child.kill('SIGTERM');
  expect(await process.ended).toMatchObject({ code: 0, stderr: '' });
});

test('EGO-26 flags win over the http settings of a program one by one', async () => {
  const cwd = await createInstalled({
    'main.mjs': `
      import { createApp, defineJob } from 'onejob';
      import { main } from 'onejob/cli';
      await main(createApp({
        jobs: [defineJob({ name: 'hello', run: () => 'hello' })],
        store: 'memory:', http: { port: 1, token: 'kept-token' },
      }));`,
  });
  const program = startOnejob(['--port=0', '--json'], { cwd, program: join(cwd, 'main.mjs') });
  await program.said('"ready"');
  const { url, roles } = JSON.parse(program.stdout) as { url: string; roles: string[] };
  expect(roles).toEqual(['worker', 'http']);
  expect((await sendRequest(`${url}/job/list`)).status).toBe(401);
  expect((await sendRequest(`${url}/job/list`, { headers: { authorization: 'Bearer kept-token' } })).status).toBe(200);
});
