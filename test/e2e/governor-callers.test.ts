import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createInstalled, onejob, type Calling } from '../support/onejob.ts';
import { sendRequest, postJob, serve, type Answered } from '../support/serving.ts';
import { until } from '../support/until.ts';

const job = (code: string) => `
  import { defineJob } from 'onejob';
  import { appendFileSync, existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  const note = (line) => appendFileSync('ledger', line + '\\n');
  const opened = async (gate, signal) => { while (!existsSync(gate)) await sleep(5, undefined, { signal }); };
  export default defineJob({ ${code} });`;

const files = {
  'jobs/gated.job.mjs': job(`async run({ input, signal, response }) {
    note('begin');
    try {
      await opened(input?.gate ?? 'gate', signal);
    } catch (error) {
      note(signal.reason.message);
      throw error;
    }
    response.status(201).header('X-Mine', 'x').write('through');
  }`),
  'jobs/third.job.mjs': job(`run({ attempt }) {
    note('attempt ' + attempt);
    if (attempt < 3) throw new Error('not yet');
    return 'attempt ' + attempt;
  }`),
  'jobs/steps.job.mjs': job(`async run({ step }) {
    const first = await step('first', () => { note('first'); return 1; });
    await step('second', async () => { note('second'); await opened('gate'); });
    return 'first ' + first;
  }`),
  'jobs/other.job.mjs': job(`run() { return 'other'; }`),
};

const ledger = async (cwd: string): Promise<string[]> =>
  existsSync(join(cwd, 'ledger')) ? (await readFile(join(cwd, 'ledger'), 'utf8')).trim().split('\n') : [];

async function begun(cwd: string, times: number): Promise<void> {
  await until(`the job has begun ${times} times`, async () => {
    return (await ledger(cwd)).filter((line) => line === 'begin').length === times;
  });
}

async function stateOf(runId: string, calling: Calling): Promise<{ state: string; attempt: number; error: unknown }> {
  const { stdout } = await onejob(['runs', 'show', `ego:${runId}`, '--json'], calling);
  return JSON.parse(stdout) as { state: string; attempt: number; error: unknown };
}

/** Whether it came in time to join the run or a moment later, to hear of its end, shows only here. */
function withoutDate({ status, headers, body }: Answered): object {
  const { date: _date, 'x-onejob-replayed': _replayed, ...others } = headers;
  return { status, headers: others, body };
}

describe('the same RunID again', () => {
  test('EGO-15 joins the run that is going on, on every node, and gets its outcome', async () => {
    const cwd = await createInstalled(files);
    const one = await serve({ cwd }, ['--node=one']);
    const two = await serve({ cwd }, ['--node=two']);
    const first = postJob(one.url, 'gated', 'r');
    await begun(cwd, 1);
    const others = [postJob(one.url, 'gated', 'r'), postJob(two.url, 'gated', 'r')];
    for (const { url } of [one, two]) await sendRequest(`${url}/job/list`); // they have been heard
    await writeFile(join(cwd, 'gate'), '');
    const [answer, ...joined] = await Promise.all([first, ...others]);
    expect(answer).toMatchObject({ status: 201, body: 'through', headers: { 'x-mine': 'x' } });
    for (const each of joined) expect(withoutDate(each)).toEqual(withoutDate(answer));
    expect(await ledger(cwd)).toEqual(['begin']);

    for (const { url } of [one, two]) {
      const { status, headers, body } = await postJob(url, 'gated', 'r');
      expect([status, body, headers['x-mine'], headers['x-onejob-replayed']]).toEqual([201, 'through', 'x', 'true']);
    }
    expect(await ledger(cwd)).toEqual(['begin']);
  });

  test('EGO-15 runs again what has failed, as the next attempt of the one run', async () => {
    const cwd = await createInstalled(files);
    const { url } = await serve({ cwd });
    expect((await postJob(url, 'third', 'r')).status).toBe(500);
    expect((await postJob(url, 'third', 'r')).status).toBe(500);
    expect(await postJob(url, 'third', 'r')).toMatchObject({ status: 200, body: 'attempt 3' });
    const { status, headers } = await postJob(url, 'third', 'r');
    expect([status, headers['x-onejob-replayed']]).toEqual([200, 'true']);
    expect(await ledger(cwd)).toEqual(['attempt 1', 'attempt 2', 'attempt 3']);
  });

  test('EGO-15 is refused with another job or another body', async () => {
    const cwd = await createInstalled(files);
    const { url } = await serve({ cwd });
    expect((await postJob(url, 'other', 'r', { body: '{"a":1,"b":2}' })).status).toBe(200);
    expect((await postJob(url, 'other', 'r', { body: '{ "b":2, "a":1 }' })).headers['x-onejob-replayed']).toBe('true');
    const body = await postJob(url, 'other', 'r', { body: '{"a":2}' });
    expect([body.status, body.body, body.headers['x-onejob-code']]).toEqual([409, '', 'KEY_CONFLICT']);
    expect((await postJob(url, 'third', 'r', { body: '{"a":1,"b":2}' })).status).toBe(409);
    const bytes = Uint8Array.of(0, 255, 1);
    expect((await postJob(url, 'other', 'bytes', { body: bytes })).status).toBe(200);
    expect((await postJob(url, 'other', 'bytes', { body: bytes })).headers['x-onejob-replayed']).toBe('true');
    expect((await postJob(url, 'other', 'bytes', { body: Uint8Array.of(0, 255, 2) })).status).toBe(409);
    expect(existsSync(join(cwd, 'ledger'))).toBe(false);
  });

  test('EGO-15 is another run where the configuration says so', async () => {
    const cwd = await createInstalled({ ...files, 'onejob.config.toml': '[http]\nsameRunId = "run"\n' });
    const { url } = await serve({ cwd });
    await Promise.all([postJob(url, 'third', 'r'), postJob(url, 'third', 'r')]);
    expect(await ledger(cwd)).toEqual(['attempt 1', 'attempt 1']);
  });

  test('EGO-15 asked by 50 at once, on two nodes, is one run', async () => {
    const cwd = await createInstalled(files);
    const nodes = [await serve({ cwd }, ['--node=one']), await serve({ cwd }, ['--node=two'])];
    await writeFile(join(cwd, 'gate'), '');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => postJob(nodes[n % 2]?.url ?? '', 'gated', 'r')),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['201 through']));
    expect(await ledger(cwd)).toEqual(['begin']);
  });
});

describe('a client that goes away', () => {
  test('EGO-18 takes its run along, and that is no outcome to replay', async () => {
    const cwd = await createInstalled(files);
    const { url } = await serve({ cwd });
    const leaving = new AbortController();
    const left = postJob(url, 'gated', 'r', { signal: leaving.signal });
    await begun(cwd, 1);
    leaving.abort();
    await expect(left).rejects.toThrow();
    await until('the run was told', async () => (await ledger(cwd)).includes('client closed'));
    await until('it has ended', async () => (await stateOf('r', { cwd })).state === 'cancelled');
    await writeFile(join(cwd, 'gate'), '');
    const { status, headers } = await postJob(url, 'gated', 'r');
    expect([status, headers['x-onejob-replayed']]).toEqual([201, undefined]);
    expect(await stateOf('r', { cwd })).toMatchObject({ state: 'succeeded', attempt: 2 });
  });

  test('EGO-18 changes nothing while another one waits', async () => {
    const cwd = await createInstalled(files);
    const { url } = await serve({ cwd });
    const stays = postJob(url, 'gated', 'r'); // first: who comes after the others have left begins the run anew
    await begun(cwd, 1);
    const leaving = [new AbortController(), new AbortController()];
    const left = leaving.map(({ signal }) => postJob(url, 'gated', 'r', { signal }).catch(() => 'left'));
    for (let i = 0; i < 3; i++) await sendRequest(`${url}/job/list`); // they have come to wait
    for (const each of leaving) each.abort();
    expect(await Promise.all(left)).toEqual(['left', 'left']);
    await sendRequest(`${url}/job/list`); // the server has seen them go
    await writeFile(join(cwd, 'gate'), '');
    expect(await stays).toMatchObject({ status: 201, body: 'through' });
    expect(await ledger(cwd)).toEqual(['begin']);
  });

  test('EGO-18 also while its run waits for a slot: it is never begun', async () => {
    const cwd = await createInstalled(files);
    const { url } = await serve({ cwd }, ['--concurrency=1']);
    const first = postJob(url, 'gated', 'first');
    await begun(cwd, 1);
    const leaving = new AbortController();
    const left = postJob(url, 'gated', 'second', { signal: leaving.signal }).catch(() => 'left');
    await until('the second is asked for', async () => {
      return (await onejob(['runs', 'show', 'ego:second'], { cwd })).code === 0;
    });
    leaving.abort();
    expect(await left).toBe('left');
    await sendRequest(`${url}/job/list`);
    await writeFile(join(cwd, 'gate'), '');
    expect((await first).status).toBe(201);
    await until('it has ended', async () => (await stateOf('second', { cwd })).state === 'cancelled');
    expect((await ledger(cwd)).filter((line) => line === 'begin')).toHaveLength(1);
  });

  test('EGO-18 that did not want to wait is answered at once, and its run goes on', async () => {
    const cwd = await createInstalled(files);
    const { url } = await serve({ cwd });
    const headers = { prefer: 'respond-async' };
    const accepted = await postJob(url, 'gated', 'r', { headers });
    expect([accepted.status, accepted.body]).toEqual([202, '']);
    expect(accepted.headers).toMatchObject({ 'x-ego-job-runid': 'r', 'preference-applied': 'respond-async' });
    const { body } = await sendRequest(url + (accepted.headers['location'] ?? ''));
    expect(JSON.parse(body)).toMatchObject({ key: 'ego:r', job: 'gated' });
    await begun(cwd, 1);
    const leaving = new AbortController();
    const left = postJob(url, 'gated', 'r', { signal: leaving.signal }).catch(() => 'left');
    await sendRequest(`${url}/job/list`);
    leaving.abort();
    expect(await left).toBe('left');
    await writeFile(join(cwd, 'gate'), '');
    expect(await postJob(url, 'gated', 'r')).toMatchObject({ status: 201, body: 'through' });
    expect(await postJob(url, 'gated', 'r', { headers })).toMatchObject({ status: 201, body: 'through' });
    expect(await ledger(cwd)).toEqual(['begin']);
  });
});

describe('a server that ends', () => {
  test('EGO-15 by kill -9 before it has answered: the repeat gets the one outcome, without any lease', async () => {
    const cwd = await createInstalled({ ...files, 'onejob.config.json': '{ "limits": { "lease": "5m" } }' });
    const first = await serve({ cwd });
    const broken = postJob(first.url, 'steps', 'r').catch(() => 'broken');
    await until('the second step has begun', async () => (await ledger(cwd)).includes('second'));
    first.process.child.kill('SIGKILL');
    expect(await broken).toBe('broken');
    await writeFile(join(cwd, 'gate'), '');
    const again = await serve({ cwd });
    expect(await postJob(again.url, 'steps', 'r')).toMatchObject({ status: 200, body: 'first 1' });
    expect(await ledger(cwd)).toEqual(['first', 'second', 'second']);
    expect((await postJob(again.url, 'steps', 'r')).headers['x-onejob-replayed']).toBe('true');
  });

  test('EGO-15 by kill -9 without a worker beside it: who asks again has the run executed', async () => {
    const cwd = await createInstalled(files);
    const first = await serve({ cwd }, ['--roles=http']);
    const broken = postJob(first.url, 'steps', 'r').catch(() => 'broken');
    await until('the second step has begun', async () => (await ledger(cwd)).includes('second'));
    first.process.child.kill('SIGKILL');
    expect(await broken).toBe('broken');
    await writeFile(join(cwd, 'gate'), '');
    const again = await serve({ cwd }, ['--roles=http']);
    expect(await postJob(again.url, 'steps', 'r')).toMatchObject({ status: 200, body: 'first 1' });
    expect(await ledger(cwd)).toEqual(['first', 'second', 'second']);
  });

  test('EGO-25 by SIGTERM answers what it still can, refuses what is new, hands the rest back, and exits with 0', async () => {
    const cwd = await createInstalled(files);
    const { url, process } = await serve({ cwd });
    const whole = postJob(url, 'gated', 'whole', { body: '{"gate":"gate-1"}' });
    const steps = postJob(url, 'steps', 'steps');
    await begun(cwd, 1);
    await until('the second step has begun', async () => (await ledger(cwd)).includes('second'));
    process.child.kill('SIGTERM');
    await process.said('stopping');
    const late = await postJob(url, 'other', 'late').catch((error: NodeJS.ErrnoException) => error.code);
    expect(typeof late === 'object' ? `${late.status}` : late).toMatch(/^(?:503|ECONNREFUSED|ECONNRESET)$/);
    await writeFile(join(cwd, 'gate'), '');
    await writeFile(join(cwd, 'gate-1'), '');
    expect(await whole).toMatchObject({ status: 201, body: 'through' });
    const handedBack = await steps;
    expect(handedBack).toMatchObject({ status: expect.any(Number) as number });
    if (handedBack.status !== 200) {
      expect([handedBack.status, handedBack.headers['x-onejob-code']]).toEqual([503, 'APP_STOPPING']);
    }
    expect((await process.ended).code).toBe(0);
    const again = await serve({ cwd });
    expect(await postJob(again.url, 'steps', 'steps')).toMatchObject({ status: 200, body: 'first 1' });
    expect((await ledger(cwd)).filter((line) => line === 'second')).toHaveLength(1);
  });

  test('EGO-25 by a second signal ends at once', async () => {
    const cwd = await createInstalled(files);
    const { url, process } = await serve({ cwd });
    const broken = postJob(url, 'gated', 'r').catch(() => 'broken');
    await begun(cwd, 1);
    process.child.kill('SIGTERM');
    await process.said('stopping');
    process.child.kill('SIGTERM');
    expect((await process.ended).code).toBe(143);
    expect(await broken).toBe('broken');
  });
});
