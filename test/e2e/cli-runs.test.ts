import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { createInstalled, onejob, startOnejob, type Ended, type Started } from '../support/onejob.ts';
import { until } from '../support/until.ts';

const job = (code: string) => `
  import { defineJob, definePipeline } from 'onejob';
  import { appendFileSync, existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { z } from 'zod';
  const note = (line) => appendFileSync('ledger', line + '\\n');
  export default ${code};`;

const files = {
  'jobs/hello.job.mjs': job(`defineJob({ run: () => 'hello' })`),
  'jobs/mails.job.mjs': job(`defineJob({ queue: 'mail', run: () => 'mails' })`),
  // Fails in its third step until the file \`gate\` is there.
  'jobs/steps.job.mjs': job(`defineJob({ async run({ step }) {
    for (const name of ['get', 'sum', 'put']) await step(name, () => {
      note(name);
      if (name === 'put' && !existsSync('gate')) throw new Error('no way to put');
    });
    return 'put';
  } })`),
  'jobs/approve.job.mjs': job(`defineJob({ async run({ step }) {
    const by = await step.wait('approved', { schema: z.string() });
    return 'approved by ' + by;
  } })`),
  'jobs/greet.job.mjs': job(`definePipeline({ input: z.object({ name: z.string() }) })
    .step('hello', (c) => ({ ...c, text: 'hello ' + c.name }))
    .step('shout', (c) => { note('shout'); if (!existsSync('gate')) throw new Error('hoarse'); return { ...c, text: c.text.toUpperCase() }; })
    .step('end', (c) => ({ ...c, text: c.text + '!' }))
    .onFailure(() => note('sorry'))`),
  'jobs/parent.job.mjs': job(`defineJob({ run: ({ step }) => step.run('child', { name: 'hello' }, undefined) })`),
};

const shop = () => createInstalled(files);
const json = ({ stdout }: Ended) => JSON.parse(stdout) as Record<string, unknown>;
const show = async (cwd: string, ref: string) => json(await onejob(['runs', 'show', ref, '--json'], { cwd }));
const enqueue = async (cwd: string, ...args: string[]) => (await onejob(['enqueue', ...args], { cwd })).stdout.trim();

async function startWorker(cwd: string, ...args: string[]): Promise<Started> {
  const worker = startOnejob(['start', '--roles=worker', ...args], { cwd });
  await worker.said('onejob ready');
  return worker;
}

async function stop({ child, ended }: Started): Promise<void> {
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0 });
}

/** Each of these calls ends with that code and says that, and writes nothing to standard output. */
async function refuses(
  cwd: string,
  group: string,
  calls: readonly (readonly [args: readonly string[], code: number, sentence: string])[],
): Promise<void> {
  for (const [args, code, sentence] of calls) {
    const ended = await onejob([group, ...args], { cwd });
    expect(ended, args.join(' ')).toMatchObject({ code, stdout: '' });
    expect(ended.stderr, args.join(' ')).toContain(sentence);
  }
}

describe('a finished run', () => {
  test('VT-13 is tried again from its failed step on, or restarted from a step, by key and by number', async () => {
    const cwd = await shop();
    expect((await onejob(['run', 'steps', '--key', 'k'], { cwd })).code).toBe(1);
    await writeFile(join(cwd, 'gate'), '');
    const retried = await onejob(['runs', 'retry', 'k'], { cwd });
    expect(retried).toMatchObject({ code: 0, stdout: '' });
    expect(retried.stderr).toMatch(/^steps is queued again: onejob runs wait [0-9a-f-]{36} waits for its end\n/);
    await startWorker(cwd);
    const ledger = async () => (await readFile(join(cwd, 'ledger'), 'utf8')).trim().split('\n');
    const waited = () => onejob(['runs', 'wait', 'k'], { cwd });
    expect((await waited()).stdout).toBe('put\n');
    expect(await ledger()).toEqual(['get', 'sum', 'put', 'put']);

    expect(await onejob(['runs', 'restart', 'k', '--from', 'sum'], { cwd })).toMatchObject({ code: 0 });
    await waited();
    expect((await ledger()).slice(4)).toEqual(['sum', 'put']);
    const restarted = await onejob(['runs', 'restart', 'k', '--from', '3', '--json', '--reason', 'again'], { cwd });
    expect(json(restarted)).toMatchObject({ v: 1, key: 'k', job: 'steps' });
    await waited();
    expect((await ledger()).slice(6)).toEqual(['put']);
    await onejob(['runs', 'restart', 'k'], { cwd });
    await waited();
    expect((await ledger()).slice(7)).toEqual(['get', 'sum', 'put']);
  });

  test('VT-13 or one that is not finished, refuses what cannot be', async () => {
    const cwd = await shop();
    await onejob(['run', 'hello', '--key', 'done'], { cwd });
    await enqueue(cwd, 'hello', '--key', 'queued');
    await refuses(cwd, 'runs', [
      [['restart', 'done', '--from', 'none'], 3, 'has no step none'],
      [['restart', 'done', '--from', '9'], 3, 'has no step number 9'],
      [['restart', 'queued'], 4, 'only a finished run can be run again'],
      [['retry', 'queued'], 4, 'only a finished run can be run again'],
      [['retry', 'done'], 4, 'there is nothing to try again'],
      [['retry', 'nothing'], 3, 'no run has the id or key nothing'],
      [['send', 'done', 'event'], 4, 'has ended already'],
      [['send', 'queued', 'event', '--data', 'yes'], 2, `--data is not JSON`],
      [['send', 'queued'], 2, 'needs <event>'],
      [['explain'], 2, 'needs <run>'],
      [['explain', 'nothing'], 3, 'no run has the id or key nothing'],
      [['cancel', 'done'], 4, 'has ended already'],
    ]);
    expect(await show(cwd, 'queued')).toMatchObject({ state: 'queued' });
    expect(await show(cwd, 'done')).toMatchObject({ state: 'succeeded' });
  });

  test('VT-1, VT-4, VT-15 of a pipeline shows how many steps are done, and what came of it', async () => {
    const cwd = await shop();
    expect((await onejob(['run', 'greet', '--name', 'ann', '--key', 'k'], { cwd })).code).toBe(1);
    expect(await show(cwd, 'k')).toMatchObject({
      stepsDone: 1,
      stepsTotal: 3,
      children: [{ job: 'greet', state: 'succeeded' }],
    });
    const page = (await onejob(['runs', 'show', 'k'], { cwd })).stdout;
    expect(page).toContain('Steps, 1 of 3 done');
    expect(page).toContain('Children\n');
    await writeFile(join(cwd, 'gate'), '');
    await onejob(['runs', 'restart', 'k', '--from', '2'], { cwd });
    await startWorker(cwd);
    expect((await onejob(['runs', 'wait', 'k'], { cwd })).stdout).toBe('{"name":"ann","text":"HELLO ANN!"}\n');
    expect(await readFile(join(cwd, 'ledger'), 'utf8')).toBe('shout\nsorry\nshout\n');
  });
});

describe('a waiting run', () => {
  test('VT-20 takes the event that came before it, and the one that comes while it waits', async () => {
    const cwd = await shop();
    await enqueue(cwd, 'approve', '--key', 'early');
    const sent = await onejob(['runs', 'send', 'early', 'approved', '--data', '"ann"'], { cwd });
    expect(sent).toMatchObject({ code: 0, stdout: '' });
    await startWorker(cwd);
    expect((await onejob(['runs', 'wait', 'early'], { cwd })).stdout).toBe('approved by ann\n');
    await enqueue(cwd, 'approve', '--key', 'late');
    await writeFile(join(cwd, 'who.json'), '"ben"');
    await until('it waits', async () =>
      (await onejob(['runs', 'explain', 'late'], { cwd })).stdout.includes('it is running'),
    );
    expect((await onejob(['runs', 'send', 'late', 'approved', '--data', '@who.json'], { cwd })).code).toBe(0);
    expect((await onejob(['runs', 'wait', 'late'], { cwd })).stdout).toBe('approved by ben\n');
  });

  test('VT-22 is explained, with what to do', async () => {
    const cwd = await createInstalled({ ...files, 'onejob.config.json': '{ "limits": { "parkAfter": "50ms" } }' });
    const explain = (ref: string) => onejob(['runs', 'explain', ref], { cwd });
    await enqueue(cwd, 'approve', '--key', 'k');
    await enqueue(cwd, 'hello', '--key', 'later', '--delay', '1h');
    const left = await explain('k');
    expect(left.stdout).toMatch(
      /^approve [0-9a-f-]{36} {2}○ queued: no living worker knows the job approve\n {2}onejob start/,
    );
    expect(json(await onejob(['runs', 'explain', 'later', '--json'], { cwd }))).toMatchObject({
      v: 1,
      job: 'hello',
      state: 'queued',
      reason: 'not due',
      text: expect.stringMatching(/^it is due in (59|60) m|^it is due in 1 h/) as string,
      remedy: null,
    });
    const worker = await startWorker(cwd);
    await until('it is parked', async () => (await show(cwd, 'k'))['state'] === 'waiting');
    const waits = await explain('k');
    expect(waits.stdout).toContain('waiting: it waits for');
    expect(waits.stdout).toMatch(/onejob runs send [0-9a-f-]{36} approved --data JSON/);
    await stop(worker);
    expect((await onejob(['runs', 'cancel', 'k'], { cwd })).stderr).toContain('approve is cancelled');
    expect((await explain('k')).stdout).toContain('it has ended: cancelled');
  });
});

describe('VT-22 a pause', () => {
  test('of a job holds its runs on all nodes until it is resumed, and is seen wherever one looks', async () => {
    const cwd = await shop();
    await startWorker(cwd, '--node', 'a');
    await startWorker(cwd, '--node', 'b');
    const paused = await onejob(['jobs', 'pause', 'Hello', '--reason', 'the shop moves', '--until', '2h'], { cwd });
    expect(paused).toMatchObject({ code: 0, stdout: '' });
    expect(paused.stderr).toMatch(
      /^the job hello is paused until .*; what runs goes on\. onejob jobs resume hello ends/,
    );
    await enqueue(cwd, 'hello', '--key', 'k');
    await enqueue(cwd, 'mails', '--key', 'other');
    await onejob(['runs', 'wait', 'other'], { cwd });
    expect((await onejob(['runs', 'explain', 'k'], { cwd })).stdout).toMatch(
      /the job hello was paused by cli until .*: the shop moves\n {2}onejob jobs resume hello/,
    );
    expect((await onejob(['list'], { cwd })).stdout).toMatch(/^hello\t.*by cli until .*: the shop moves$/m);
    const { items } = json(await onejob(['jobs', 'list', '--json'], { cwd })) as { items: Record<string, unknown>[] };
    expect(items.filter(({ paused }) => paused !== null)).toMatchObject([
      { name: 'hello', paused: { reason: 'the shop moves', actor: 'cli' } },
    ]);
    expect((await onejob(['jobs', 'resume', 'hello'], { cwd })).stderr).toBe('the job hello goes on\n');
    expect((await onejob(['runs', 'wait', 'k'], { cwd })).stdout).toBe('hello\n');
    expect((await onejob(['jobs', 'resume', 'hello'], { cwd })).stderr).toBe('the job hello was not paused\n');
  });

  test('of a queue holds what is in it, and one with an end ends by itself', async () => {
    const cwd = await shop();
    expect((await onejob(['queue', 'pause', 'mail', '--json'], { cwd })).code).toBe(0);
    await onejob(['jobs', 'pause', 'hello', '--until', '300ms'], { cwd });
    await enqueue(cwd, 'mails', '--key', 'm');
    await enqueue(cwd, 'hello', '--key', 'h');
    await startWorker(cwd);
    expect((await onejob(['runs', 'wait', 'h'], { cwd })).stdout).toBe('hello\n');
    expect((await onejob(['runs', 'explain', 'm'], { cwd })).stdout).toContain('the queue mail was paused');
    await onejob(['queue', 'resume', 'mail'], { cwd });
    expect((await onejob(['runs', 'wait', 'm'], { cwd })).stdout).toBe('mails\n');
  });

  test('is refused where it would do nothing', async () => {
    await refuses(await shop(), 'jobs', [
      [['pause', 'helo'], 3, 'no job is called helo; did you mean hello?'],
      [['pause', 'hello', '--until', 'soon'], 2, `--until: 'soon' is no instant`],
      [['pause', 'hello', '--until', '2020-01-01'], 2, `--until: '2020-01-01' has passed`],
      [['pause'], 2, 'needs <Job>'],
    ]);
  });

  test('is not looked for by `list` where there is no store yet: it makes none', async () => {
    const cwd = await shop();
    expect((await onejob(['list'], { cwd })).stderr).toBe('');
    await expect(readFile(join(cwd, '.onejob/onejob.db'))).rejects.toThrow('ENOENT');
    const away = await onejob(['list', '--store', 'postgres://127.0.0.1:1/none'], { cwd });
    expect(away.code).toBe(0);
    expect(away.stdout).toContain('hello\t');
    expect(away.stderr).toContain('what is paused is not known');
  });
});

describe('many runs at once', () => {
  const list = async (cwd: string, ...args: string[]) =>
    (
      json(await onejob(['runs', 'list', '--json', '--limit', '100', ...args], { cwd })) as {
        items: { key: string; state: string }[];
      }
    ).items;

  async function crowd(): Promise<string> {
    const cwd = await shop();
    await mkdir(join(cwd, '.onejob'));
    const client = createClient({ store: `sqlite:${join(cwd, '.onejob/onejob.db')}` });
    for (const key of ['hello-0', 'hello-1', 'hello-2', 'mails-0', 'mails-1']) {
      await client.enqueue(key.slice(0, -2), undefined, { key });
    }
    await client.close();
    await onejob(['run', 'steps', '--key', 'failed'], { cwd });
    await onejob(['run', 'hello', '--key', 'fine'], { cwd });
    return cwd;
  }

  test('are counted and listed by --dry-run, and changed by --yes only', async () => {
    const cwd = await crowd();
    const dry = await onejob(['runs', 'cancel', '--job', 'hello', '--dry-run'], { cwd });
    expect(dry.code).toBe(0);
    expect(dry.stdout.trim().split('\n')).toHaveLength(3);
    expect(dry.stdout).toMatch(/^[0-9a-f-]{36}\thello\tqueued\t/);
    expect(dry.stderr).toBe('this would cancel 3 queued runs; nothing was changed\n');
    const silent = await onejob(['runs', 'cancel', '--job', 'hello'], { cwd });
    expect(silent).toMatchObject({ code: 2, stdout: '' });
    expect(silent.stderr).toContain('this would cancel 3 queued runs: --yes does it, --dry-run only lists them');
    expect(await list(cwd, '--state', 'queued')).toHaveLength(5);

    const cancelled = await onejob(['runs', 'cancel', '--job', 'Hello', '--yes', '--reason', 'enough'], { cwd });
    expect(cancelled).toMatchObject({ code: 0, stderr: '3 cancelled\n' });
    expect(cancelled.stdout).toMatch(/^([0-9a-f-]{36}\thello\tdone\n){3}$/);
    expect(await list(cwd, '--state', 'queued')).toMatchObject([{ key: 'mails-1' }, { key: 'mails-0' }]);
    expect(await show(cwd, 'hello-0')).toMatchObject({
      state: 'cancelled',
      error: { message: expect.stringContaining('enough') as string },
    });
  });

  test('are found by every filter and page by page', async () => {
    const cwd = await crowd();
    const dry = async (...args: string[]) =>
      json(await onejob(['runs', ...args, '--dry-run', '--json'], { cwd })) as {
        dryRun: boolean;
        items: { job: string }[];
      };
    expect(await dry('cancel', '--state', 'queued')).toMatchObject({ v: 1, dryRun: true, items: { length: 5 } });
    expect((await dry('cancel', '--state', 'queued', '--limit', '2')).items).toMatchObject([
      { job: 'mails' },
      { job: 'mails' },
    ]);
    expect((await dry('cancel', '--trigger', 'http')).items).toEqual([]);
    expect((await dry('cancel', '--since', '1h')).items).toHaveLength(5);
    expect((await dry('cancel', '--since', '1ms')).items).toHaveLength(0);
    expect((await dry('retry', '--since', '1h')).items).toMatchObject([
      { job: 'steps', state: 'failed', verdict: null },
    ]);
    expect((await dry('restart', '--since', '1h')).items).toHaveLength(2);
    expect((await dry('retry', 'failed')).items).toHaveLength(1);
  });

  test('are retried and restarted, each with its verdict', async () => {
    const cwd = await crowd();
    const retried = json(await onejob(['runs', 'retry', '--state', 'failed', '--yes', '--json'], { cwd }));
    expect(retried).toMatchObject({ v: 1, items: [{ job: 'steps', verdict: 'done' }] });
    expect(await show(cwd, 'failed')).toMatchObject({ state: 'queued' });
    const restarted = await onejob(['runs', 'restart', '--state', 'succeeded', '--from', 'none', '--yes'], { cwd });
    expect(restarted).toMatchObject({ code: 1, stderr: '1 without that step\n' });
    expect(restarted.stdout).toMatch(/\thello\tstep-unknown\n$/);
    expect((await onejob(['runs', 'restart', '--state', 'succeeded', '--yes'], { cwd })).code).toBe(0);
    expect(await show(cwd, 'fine')).toMatchObject({ state: 'queued' });
    expect(await onejob(['runs', 'retry', '--job', 'none', '--yes'], { cwd })).toMatchObject({
      code: 0,
      stderr: 'no run is like that\n',
    });
  });

  test('are refused where it is not clear which', async () => {
    const cwd = await shop();
    await enqueue(cwd, 'hello', '--key', 'k');
    await refuses(cwd, 'runs', [
      [['cancel'], 2, 'needs a run, or a filter: --job, --state'],
      [['cancel', '--yes'], 2, 'needs a run, or a filter'],
      [['cancel', 'k', '--job', 'hello'], 2, 'takes a run or a filter (--job), not both'],
      [
        ['cancel', '--state', 'failed', '--yes'],
        2,
        '--state failed: onejob runs cancel is for runs that are queued, running, waiting',
      ],
      [
        ['retry', '--state', 'queued', '--yes'],
        2,
        '--state queued: onejob runs retry is for runs that are failed, cancelled',
      ],
      [['retry', '--state', 'faild', '--yes'], 2, 'did you mean failed?'],
    ]);
    expect(await show(cwd, 'k')).toMatchObject({ state: 'queued' });
  });
});

describe('a running run', () => {
  test('is asked to end by `runs cancel`, and ended without asking by --now; its handler is told', async () => {
    const cwd = await createInstalled({
      'jobs/deaf.job.mjs': job(`defineJob({ run: ({ signal }) => new Promise(() => {
        note('begun');
        signal.addEventListener('abort', () => note('told: ' + signal.reason.code));
      }) })`),
    });
    await startWorker(cwd);
    const ledger = () => readFile(join(cwd, 'ledger'), 'utf8').catch(() => '');
    await enqueue(cwd, 'deaf', '--key', 'k');
    await until('it runs', async () => (await ledger()) === 'begun\n');
    const now = await onejob(['runs', 'cancel', 'k', '--now', '--reason', 'at once'], { cwd });
    expect(now).toMatchObject({ code: 0, stderr: 'deaf is cancelled\n' });
    expect(await show(cwd, 'k')).toMatchObject({
      state: 'cancelled',
      error: { code: 'RUN_CANCELLED', message: 'cancelled by cli: at once' },
    });
    await until('the handler is told', async () => (await ledger()).includes('told: '));

    await enqueue(cwd, 'deaf', '--key', 'polite');
    await until('it runs', async () => (await ledger()).match(/begun/g)?.length === 2);
    const asked = await onejob(['runs', 'cancel', 'polite'], { cwd });
    expect(asked.stderr).toMatch(
      /^deaf is asked to end: onejob runs wait \S+ waits for that, onejob runs cancel \S+ --now/,
    );
    await until('the handler is told', async () => (await ledger()).includes('told: RUN_CANCELLED'));
  });
});

test('VT-13, VT-20, VT-22 all of it on postgres', async () => {
  const fixture = await openPostgresFixture();
  const cwd = await createInstalled({ ...files, 'onejob.config.json': JSON.stringify({ store: fixture.url }) });
  const said = async (...args: string[]) => {
    const { stdout, stderr } = await onejob(args, { cwd });
    return stdout + stderr;
  };
  try {
    const worker = await startWorker(cwd, '--node', 'pg');
    expect(await said('nodes', 'list')).toMatch(/^pg\talive\t0 of 10\t6\t/);
    await said('jobs', 'pause', 'hello', '--reason', 'tired');
    await enqueue(cwd, 'hello', '--key', 'h');
    expect(await said('runs', 'explain', 'h')).toContain('the job hello was paused by cli: tired');
    expect(await said('list')).toMatch(/^hello\t.*\tby cli: tired$/m);
    await said('jobs', 'resume', 'hello');
    expect(await said('runs', 'wait', 'h')).toBe('hello\n');

    await enqueue(cwd, 'approve', '--key', 'a');
    await said('runs', 'send', 'a', 'approved', '--data', '"ann"');
    expect(await said('runs', 'wait', 'a')).toBe('approved by ann\n');
    await enqueue(cwd, 'approve', '--key', 'never');
    await until('it runs', async () => (await show(cwd, 'never'))['state'] === 'running');
    expect(await said('runs', 'cancel', 'never', '--now')).toBe('approve is cancelled\n');
    expect(await show(cwd, 'never')).toMatchObject({ state: 'cancelled' });

    await enqueue(cwd, 'steps', '--key', 's');
    expect(await said('runs', 'wait', 's')).toContain('no way to put');
    await writeFile(join(cwd, 'gate'), '');
    expect(await said('runs', 'retry', '--job', 'steps', '--yes')).toMatch(
      /^[0-9a-f-]{36}\tsteps\tdone\n1 queued again\n$/,
    );
    expect(await said('runs', 'wait', 's')).toBe('put\n');
    await said('runs', 'restart', 's', '--from', '3');
    expect(await said('runs', 'wait', 's')).toBe('put\n');
    expect(await readFile(join(cwd, 'ledger'), 'utf8')).toBe('get\nsum\nput\nput\nput\n');
    await stop(worker);
    expect(await said('nodes', 'list')).toBe('nobody works on this store; onejob start does\n');
  } finally {
    await fixture.close();
  }
});
