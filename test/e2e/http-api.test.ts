import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import { createInstalled } from '../support/onejob.ts';
import { openStream, residentMb, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const job = (code: string) => `
  import { defineJob } from 'onejob';
  import { appendFileSync, existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  export default ${code};`;

const files = {
  'onejob.config.json': JSON.stringify({ limits: { output: 500_000_000 } }),
  'jobs/hold.job.mjs': job(`defineJob({ async run() {
    console.log('begun');
    while (!existsSync('gate')) await sleep(50);
    return 'held';
  } })`),
  // Lines of a kilobyte, at a pace that the store keeps.
  'jobs/flood.job.mjs': job(`defineJob({ async run({ input }) {
    for (let i = 0; i < input.lines; i++) {
      console.log(i + ' ' + String.fromCharCode(0x4e00 + i % 5000).repeat(340));
      if (i % 200 === 0) await sleep(30);
    }
  } })`),
  'jobs/charge.job.mjs': job(`defineJob({ async run({ step }) {
    const charged = await step('charge', () => { appendFileSync('ledger', 'charged\\n'); return 'receipt'; });
    await step('rest', () => sleep(1500));
    return charged;
  } })`),
};

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events until the end, or until `enough` of them say so, and then cuts the connection. */
async function readEvents(url: string, last: string | undefined, enough: (count: number) => boolean): Promise<Event[]> {
  const headers = { Accept: 'text/event-stream', ...(last !== undefined && { 'Last-Event-ID': last }) };
  const answer = await openStream(url, headers);
  const events: Event[] = [];
  let rest = '';
  for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const rows = new Map(block.split('\n').map((row) => row.split(/: ?(.*)/s, 2) as [string, string]));
      const data = rows.get('data');
      if (data !== undefined) events.push({ id: rows.get('id') ?? '', event: rows.get('event') ?? 'line', data });
    }
    if (enough(events.length)) break;
  }
  answer.destroy();
  return events;
}

test(
  'a log of 100 MB is followed live, cut, and resumed on any node without a hole and without a double',
  { timeout: 400_000 },
  async () => {
    const cwd = await createInstalled(files);
    const nodes = [
      await startServer(cwd, '--node', 'a'),
      await startServer(cwd, '--node', 'b', '--roles', 'http'),
    ] as const;
    const client = createClient({ url: nodes[0].url });
    const { id } = await client.enqueue('flood', { lines: 100_000 });
    const texts = createHash('sha256');
    let bytes = 0;
    let count = 0;
    let last: string | undefined;
    let cuts = 0;
    for (let ended = false; !ended;) {
      // Each time a little more than before, so that a cut falls anywhere within a chunk of the store.
      const max = last === undefined ? 1 : 3_000 + cuts * 1_337;
      const events = await readEvents(
        `${nodes[cuts % 2 === 0 ? 0 : 1].url}/api/v1/runs/${id}/logs`,
        last,
        (got) => got >= max,
      );
      if (last === undefined) {
        expect((await client.find(id)).state).toBe('running'); // the first line came while it ran
        expect(events[0]?.data).toContain('"text":"0 ');
      }
      // A cut loses what was on its way: what came is taken up to anywhere.
      const taken = events.at(-1)?.event === 'end' ? events : events.slice(0, Math.ceil(events.length * 0.8));
      for (const { event, data, id: place } of taken) {
        last = place;
        if (event === 'end') ended = true;
        else {
          const { text } = JSON.parse(data) as { text: string };
          texts.update(text + '\n');
          bytes += Buffer.byteLength(text);
          count++;
        }
      }
      cuts++;
    }
    expect(cuts).toBeGreaterThan(5);
    const stored = createHash('sha256');
    let storedLines = 0;
    for await (const { line } of createClient({ store: `sqlite:${join(cwd, '.onejob/onejob.db')}` }).lines(id)) {
      stored.update(line.text + '\n');
      storedLines++;
    }
    expect({ count, hash: texts.digest('hex') }).toEqual({ count: storedLines, hash: stored.digest('hex') });
    // A busy machine drops lines of a job that outruns its store, and says so in the log: they count as what they are.
    expect(bytes).toBeGreaterThan(30_000_000);
    // Node 24 lets 200 MB of garbage lie when it has no reason to collect it; whoever kept the log has all of it on top.
    for (const { pid } of nodes) expect(await residentMb(pid)).toBeLessThan(500);
  },
);

test('1,000 idle readers of a log take less than 300 MB, and each gets the end', { timeout: 300_000 }, async () => {
  const cwd = await createInstalled(files);
  const { url, pid } = await startServer(cwd);
  const { id } = await createClient({ url }).enqueue('hold');
  const idle = { ended: 0, begun: 0 };
  for (let at = 0; at < 1_000; at += 50) {
    const opened = Array.from({ length: 50 }, async () => {
      const answer = await openStream(`${url}/api/v1/runs/${id}/logs`, { Accept: 'text/event-stream' });
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        const before = text;
        text += chunk;
        if (!before.includes('begun') && text.includes('begun')) idle.begun++;
        if (!before.includes('event: end') && text.includes('event: end')) idle.ended++;
      });
    });
    await Promise.all(opened);
  }
  await until('all have the first line', () => idle.begun === 1_000, 60_000);
  expect(await residentMb(pid)).toBeLessThan(300);
  expect((await fetch(`${url}/api/v1/runs`)).status).toBe(200); // and the server answers others
  await writeFile(join(cwd, 'gate'), '');
  await until('all have the end', () => idle.ended === 1_000, 60_000);
});

test('a reader that stops reading holds no more than a little of the log', { timeout: 300_000 }, async () => {
  const cwd = await createInstalled(files);
  const { url, pid } = await startServer(cwd);
  const client = createClient({ url });
  const { id } = await client.enqueue('flood', { lines: 40_000 });
  await client.wait(id, { timeout: '4m' });
  const before = await residentMb(pid);
  const path = `${url}/api/v1/runs/${id}/logs`;
  const stuck = await Promise.all(
    Array.from({ length: 50 }, () => openStream(path, { Accept: 'application/x-ndjson' })),
  );
  for (const answer of stuck) answer.pause();
  // One that reads to the end shows that the server has had the time to send the others all of it, too: 40 MB each.
  const whole = await openStream(path);
  let bytes = 0;
  for await (const chunk of whole as AsyncIterable<Buffer>) bytes += chunk.length;
  expect(bytes).toBeGreaterThan(20_000_000);
  // Whoever buffered for the fifty would hold a gigabyte at least; the garbage of a collector in no hurry is let pass.
  expect((await residentMb(pid)) - before).toBeLessThan(600);
});

test(
  'kill -9 between accepting and answering: the same Idempotency-Key gives the one recorded outcome',
  { timeout: 120_000 },
  async () => {
    const cwd = await createInstalled(files);
    const first = await startServer(cwd);
    const sendRequest = (url: string) =>
      fetch(`${url}/api/v1/jobs/charge/runs`, {
        method: 'POST',
        headers: { 'Idempotency-Key': 'order-1', Prefer: 'wait=60', 'Content-Type': 'application/json' },
        body: '{"order":1}',
      });
    const answer = sendRequest(first.url).then(
      () => 'answered',
      () => 'cut',
    );
    const ledger = () => readFile(join(cwd, 'ledger'), 'utf8').catch(() => '');
    await until('the step has run', async () => (await ledger()) !== '', 60_000);
    const store = createClient({ store: `sqlite:${join(cwd, '.onejob/onejob.db')}` });
    await until('it is recorded', async () => {
      const { steps = [] } = await store.find('order-1', { steps: true });
      return steps.some(({ key, state }) => key === 'charge' && state === 'succeeded');
    });
    await store.close();
    first.started.child.kill('SIGKILL');
    expect(await answer).toBe('cut');
    const second = await startServer(cwd);
    const repeated = await sendRequest(second.url);
    expect(repeated.status).toBe(200);
    expect(await repeated.json()).toMatchObject({
      key: 'order-1',
      state: 'succeeded',
      output: 'receipt',
      created: false,
    });
    expect(await ledger()).toBe('charged\n');
    const third = await sendRequest(second.url);
    expect(await third.json()).toMatchObject({ output: 'receipt', created: false });
    const { items } = (await (await fetch(`${second.url}/api/v1/runs`)).json()) as { items: unknown[] };
    expect(items).toHaveLength(1);
  },
);

test('hints tell of a run that another process executes', { timeout: 120_000 }, async () => {
  const cwd = await createInstalled(files);
  await startServer(cwd, '--node', 'worker', '--roles', 'worker,http');
  const face = await startServer(cwd, '--node', 'face', '--roles', 'http');
  const { id } = await createClient({ url: face.url }).enqueue('hold');
  const answer = await openStream(`${face.url}/api/v1/events?run=${id}`);
  let hints = 0;
  answer.setEncoding('utf8').on('data', (chunk: string) => (hints += chunk.split(`{"runs":["${id}"]}`).length - 1));
  await until('it runs', () => hints > 0, 30_000);
  const before = hints;
  await writeFile(join(cwd, 'gate'), '');
  await until('its end is told', () => hints > before, 30_000);
});
