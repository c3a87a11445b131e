import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/app/client/create-client.ts';
import { createInstalled, onejob } from '../support/onejob.ts';
import { sendRequest, postJob, exchange, peakMemory, serve } from '../support/serving.ts';
import { until } from '../support/until.ts';

const files = {
  'jobs/hello.job.mjs': `
    import { defineJob } from 'onejob';
    export default defineJob({ run: ({ input }) => 'hello ' + (input?.n ?? '') });`,
};

describe('where it listens', () => {
  test('EGO-22 refuses an address that others reach without a token', async () => {
    const cwd = await createInstalled(files);
    for (const host of ['0.0.0.0', '::']) {
      const ended = await onejob(['start', '--port=0', '--host', host], { cwd });
      expect([ended.code, ended.stderr]).toEqual([
        2,
        expect.stringContaining(`whoever reaches ${host} could run jobs`),
      ]);
      expect(ended.stderr).not.toContain('onejob ready');
    }
    for (const args of [['--token=secret'], ['--insecure']]) {
      const { url, port } = await serve({ cwd }, ['--host=0.0.0.0', ...args]);
      expect(url).toBe(`http://0.0.0.0:${port}`);
    }
    const own = await serve({ cwd }, ['--host=::1']);
    expect(own.url).toBe(`http://[::1]:${own.port}`);
    expect((await sendRequest(`${own.url}/job/list`)).status).toBe(200);
  });

  test('EGO-22 the default is 127.0.0.1:9003, and that of ego’s own configuration where there is one', async () => {
    const cwd = await createInstalled({
      ...files,
      'onejob.config.toml': '[server.governor]\nhost = "localhost"\nport = 0\n',
    });
    const { stdout } = await onejob(['config', '--json'], { cwd: await createInstalled(files) });
    const { values } = JSON.parse(stdout) as { values: { name: string; value: unknown }[] };
    const valueOf = (name: string) => values.find((each) => each.name === name)?.value;
    expect([valueOf('http.host'), valueOf('http.port')]).toEqual(['127.0.0.1', 9003]);
    const { url } = await serve({ cwd });
    expect((await sendRequest(`${url}/job/list`)).body).toBe('["hello"]');
  });

  test('EGO-23 a port that is taken is exit 5 naming address and port, and no run has begun', async () => {
    const cwd = await createInstalled(files);
    const { stdout } = await onejob(['enqueue', 'hello'], { cwd });
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const ended = await onejob(['start', '--port', String(port)], { cwd });
    taken.close();
    expect(ended.code).toBe(5);
    expect(ended.stderr).toContain(`127.0.0.1:${port}`);
    expect(JSON.parse((await onejob(['runs', 'show', stdout.trim(), '--json'], { cwd })).stdout)).toMatchObject({
      state: 'queued',
      attempt: 1,
    });
  });
});

describe('who may ask', () => {
  const config = {
    http: {
      token: 'all-0123',
      tokens: [
        { token: 'looks-0123', rights: ['read'], name: 'viewer' },
        { token: 'starts-0123', rights: ['trigger'] },
      ],
    },
  };

  test('a token has the rights it was given, and each right holds those below it', async () => {
    const cwd = await createInstalled({ ...files, 'onejob.config.json': JSON.stringify(config) });
    const { url } = await serve({ cwd });
    const statuses = async (token: string | undefined) => {
      const headers = token === undefined ? {} : { authorization: token };
      const list = await sendRequest(`${url}/job/list`, { headers });
      const run = await postJob(url, 'hello', `by ${token}`, { headers });
      return [list.status, run.status, run.headers['x-onejob-code'], run.body];
    };
    expect(await statuses(undefined)).toEqual([401, 401, 'UNAUTHORIZED', '']);
    expect(await statuses('Bearer wrong')).toEqual([401, 401, 'UNAUTHORIZED', '']);
    expect(await statuses('Basic all-0123')).toEqual([401, 401, 'UNAUTHORIZED', '']);
    expect(await statuses('Bearer looks-0123')).toEqual([200, 401, 'FORBIDDEN', '']);
    expect(await statuses('Bearer starts-0123')).toEqual([200, 200, undefined, 'hello ']);
    expect(await statuses('bearer  all-0123')).toEqual([200, 200, undefined, 'hello ']);
    expect((await sendRequest(`${url}/job/list`)).headers['www-authenticate']).toBe('Bearer');
  });

  test('without a token it answers only to names of this machine, and writes only for pages of its own', async () => {
    const cwd = await createInstalled(files);
    const { url, port } = await serve({ cwd });
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, '[::1]']) {
      expect((await sendRequest(`${url}/job/list`, { headers: { host } })).status).toBe(200);
    }
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80']) {
      expect((await sendRequest(`${url}/job/list`, { headers: { host } })).status).toBe(403);
      expect((await postJob(url, 'hello', 'r', { headers: { host } })).status).toBe(403);
    }
    const from = (origin: string) => postJob(url, 'hello', 'r', { headers: { origin } });
    expect((await from('https://evil.example')).status).toBe(403);
    expect((await from('null')).status).toBe(403);
    expect((await from(`http://127.0.0.1:${port}`)).status).toBe(200);
  });

  test('every answer has the headers that keep browsers careful', async () => {
    const cwd = await createInstalled(files);
    const { url } = await serve({ cwd });
    for (const path of ['/job/list', '/jobs', '/nothing']) {
      expect((await sendRequest(url + path)).headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      });
    }
  });
});

describe('clients that mean no good', () => {
  test('500 requests at once are all answered right, and no run is lost', async () => {
    const cwd = await createInstalled(files);
    const { url, process } = await serve({ cwd }, ['--log-level=error']);
    const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, n) => postJob(url, 'hello', `r${n}`, { agent, body: JSON.stringify({ n }) })),
    );
    expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(
      Array.from({ length: 500 }, (_, n) => `200 hello ${n}`),
    );
    const client = createClient({ store: `sqlite:${join(cwd, '.onejob/onejob.db')}` });
    const { items } = await client.list({ limit: 1_000, states: ['succeeded'] });
    await client.close();
    expect(new Set(items.map(({ key }) => key)).size).toBe(500);
    expect(peakMemory(process.child.pid ?? 0)).toBeLessThan(300);
  });

  test('one that sends a byte a second is cut off in time, and holds nobody up', async () => {
    const cwd = await createInstalled(files);
    const { url, port } = await serve({ cwd });
    const head = 'POST /jobs HTTP/1.1\r\nHost: localhost\r\nX-Ego-Job-Name: hello\r\nX-Ego-Job-RunID: slow\r\n';
    const dribble = (start: string, rest: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(start));
        let sent = 0;
        let answer = '';
        const timer = setInterval(() => socket.write(rest[sent++] ?? ' '), 1_000);
        socket.on('data', (bytes) => (answer += bytes.toString()));
        socket.on('error', () => undefined);
        socket.on('close', () => {
          clearInterval(timer);
          resolve(answer);
        });
      });
    const slow = [dribble('', head), dribble(`${head}Content-Length: 1000\r\n\r\n`, 'x'.repeat(1_000))];
    for (let n = 0; n < 20; n++) expect((await postJob(url, 'hello', `between ${n}`)).status).toBe(200);
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1\.1 408 |^$/);
    const { stdout } = await onejob(['runs', 'show', 'ego:slow'], { cwd });
    expect(stdout).toBe('');
  }, 200_000); // within half a minute; where nobody cuts it off, it goes on for a quarter of an hour

  test('EGO-17 a body of 1 GB is refused, and hardly any of it is read', async () => {
    const cwd = await createInstalled({ ...files, big: '' });
    const { url, port, process } = await serve({ cwd });
    truncateSync(join(cwd, 'big'), 1_073_741_824);
    for (const header of ['X-Plain: 1', 'Expect:', 'Transfer-Encoding: chunked']) {
      const args = ['-s', '-m', '60', '-o', '/dev/null', '-w', '%{http_code} %{size_upload}', '-H', header];
      const asked = ['-X', 'POST', '-H', 'X-Ego-Job-Name: hello', '-H', 'X-Ego-Job-RunID: big', '-T', 'big'];
      const [status, bytes] = execFileSync('curl', [...args, ...asked, `${url}/jobs`], { cwd, encoding: 'utf8' }).split(
        ' ',
      );
      expect(status).toBe('413');
      expect(Number(bytes)).toBeLessThan(256 * 1024 * 1024);
    }
    // One that goes on sending whatever it is told is cut off.
    const socket = connect(port, '127.0.0.1');
    let sent = 0;
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.write('POST /jobs HTTP/1.1\r\nHost: localhost\r\nX-Ego-Job-Name: hello\r\nX-Ego-Job-RunID: big\r\n');
    socket.write('Content-Length: 1073741824\r\n\r\n');
    const chunk = Buffer.alloc(1024 * 1024);
    const send = (): void => {
      while (!socket.destroyed && sent < 1024) {
        sent++;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', send);
    send();
    await closed;
    expect(sent).toBeLessThan(1024);
    expect((await postJob(url, 'hello', 'after')).status).toBe(200);
    expect(peakMemory(process.child.pid ?? 0)).toBeLessThan(300);
    const { items } = JSON.parse((await onejob(['runs', 'list', '--json'], { cwd })).stdout) as { items: unknown[] };
    expect(items).toHaveLength(1);
  });

  test('one that breaks off in the middle of a body leaves no run and no complaint', async () => {
    const cwd = await createInstalled(files);
    const { url, port, process } = await serve({ cwd });
    const head = 'POST /jobs HTTP/1.1\r\nHost: localhost\r\nX-Ego-Job-Name: hello\r\nX-Ego-Job-RunID: r\r\n';
    for (const length of ['Content-Length: 1000\r\n\r\nabc', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n']) {
      const socket = connect(port, '127.0.0.1', () => socket.write(head + length, () => socket.destroy()));
      await new Promise((resolve) => socket.once('close', resolve));
      await sendRequest(`${url}/job/list`);
    }
    expect((await postJob(url, 'hello', 'r')).status).toBe(200); // that RunID was not taken
    expect(process.stderr).not.toContain('"error"');
  });

  test('what is no HTTP is refused, and the server goes on', async () => {
    const cwd = await createInstalled(files);
    const { url, port } = await serve({ cwd });
    const bad = [
      'nonsense\r\n\r\n',
      'GET /job/list HTTP/1.1\r\n\r\n',
      'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      `GET /job/list HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
      'GET /job/list HTTP/1.1\r\nHost: localhost\r\nBad Header: 1\r\n\r\n',
    ];
    for (const text of bad) {
      const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec((await exchange(port, text)).toString()) ?? [];
      expect([400, 431]).toContain(Number(status));
    }
    const half = connect(port, '127.0.0.1', () => half.destroy());
    await until('the server answers', async () => (await sendRequest(`${url}/job/list`)).status === 200);
  });
});
