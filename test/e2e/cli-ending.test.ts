import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createInstalled, onejob, startOnejob } from '../support/onejob.ts';
import { until } from '../support/until.ts';

const program = fileURLToPath(new URL('../../bin/onejob.js', import.meta.url));
const job = (code: string) => `
  import { defineJob } from 'onejob';
  import { setTimeout as sleep } from 'node:timers/promises';
  export default ${code};`;
const quick = { 'jobs/quick.job.mjs': job(`defineJob({ run: () => 1 })`) };

async function runs(cwd: string): Promise<{ job: string; state: string; error: { code: string } | null }[]> {
  const { stdout } = await onejob(['runs', 'list', '--json'], { cwd });
  return (JSON.parse(stdout) as { items: { job: string; state: string; error: { code: string } | null }[] }).items;
}

describe('one signal ends a command that has nothing left to bring to an end', () => {
  /** Once it has come as far as it gets. */
  async function ended(args: readonly string[], cwd: string, word: string): Promise<{ code: number; stderr: string }> {
    const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['pipe', 'ignore', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await until(`it says ${word}`, () => stderr.includes(word));
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    return { code, stderr };
  }

  test('EGO-25 while standard input is open', async () => {
    const cwd = await createInstalled({
      'jobs/quick.job.mjs': `console.error('loaded'); ${quick['jobs/quick.job.mjs']}`,
    });
    const { code, stderr } = await ended(['run', 'quick', '--data', '-'], cwd, 'loaded');
    expect({ code, stderr }).toEqual({
      code: 143,
      stderr: expect.stringContaining('interrupted by SIGTERM') as string,
    });
  });

  test.each(['run', 'start'])('EGO-25 while a job file loads for ever: %s', async (command) => {
    const cwd = await createInstalled({
      'jobs/never.job.mjs': `console.error('loading'); setInterval(() => {}, 1e6); await new Promise(() => {});`,
    });
    const words = command === 'run' ? ['run', 'never'] : ['start', '--roles', 'worker'];
    expect((await ended(words, cwd, 'loading')).code).toBe(command === 'run' ? 143 : 0);
  });

  test('EGO-25 while the configuration loads for ever', async () => {
    const cwd = await createInstalled({
      ...quick,
      'onejob.config.mjs': `console.error('loading'); await new Promise(() => {});`,
    });
    expect((await ended(['run', 'quick'], cwd, 'loading')).code).toBe(143);
  });
});

describe('a terminal that is closed', () => {
  test('EGO-25 cancels what runs, as SIGTERM does', async () => {
    const cwd = await createInstalled({
      'jobs/long.job.mjs': job(
        `defineJob({ async run({ signal }) { console.log('begun'); await sleep(60_000, null, { signal }); } })`,
      ),
    });
    const started = startOnejob(['run', 'long'], { cwd });
    await started.said('begun');
    started.child.kill('SIGHUP');
    expect((await started.ended).code).toBe(129);
    expect(await runs(cwd)).toMatchObject([{ state: 'cancelled', error: { code: 'RUN_INTERRUPTED' } }]);
  });

  test('VT-14 lets a worker hand its runs back', async () => {
    const cwd = await createInstalled({
      'jobs/naps.job.mjs': job(
        `defineJob({ async run({ step }) { await step('a', () => 1); console.log('napping'); await step.sleep('nap', '1h'); } })`,
      ),
    });
    await onejob(['enqueue', 'naps'], { cwd });
    const started = startOnejob(['start', '--roles', 'worker', '--verbose'], { cwd });
    await started.said('napping');
    started.child.kill('SIGHUP');
    expect((await started.ended).code).toBe(0);
    const [run] = await runs(cwd);
    expect(['queued', 'waiting']).toContain(run?.state);
  });
});

describe.skipIf(process.platform !== 'linux')(
  'a disk that is full (/dev/full and the limit of a shell are those of Linux)',
  () => {
    /** A command whose standard output, or both streams, go to a full disk. */
    async function ontoFullDisk(args: readonly string[], cwd: string, both = false) {
      const full = openSync('/dev/full', 'w');
      const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', full, both ? full : 'pipe'] });
      closeSync(full);
      onTestFinished(() => void child.kill('SIGKILL'));
      let stderr = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number, stderr })) };
    }

    test('under standard output fails no run, and the command says so', async () => {
      const cwd = await createInstalled({
        ...quick,
        'jobs/slow.job.mjs': job(`defineJob({ retry: { attempts: 3 }, async run() { await sleep(500); return 2; } })`),
      });
      const { ended } = await ontoFullDisk(['run', 'quick,slow'], cwd);
      const { code, stderr } = await ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/could not be written: ENOSPC/);
      expect((await runs(cwd)).map(({ state, error }) => ({ state, error }))).toEqual([
        { state: 'succeeded', error: null },
        { state: 'succeeded', error: null },
      ]);
    });

    test('under both streams of a worker lets it work', async () => {
      const handler = `{ log.warn('a line'); console.log('a line'); return 1; }`;
      const code = job(`defineJob({ run({ log }) ${handler} })`);
      const cwd = await createInstalled({ 'jobs/quick.job.mjs': `console.log('loaded'); ${code}` });
      const { child, ended } = await ontoFullDisk(['start', '--roles', 'worker', '--verbose'], cwd, true);
      await onejob(['enqueue', 'quick', '--key', 'k'], { cwd });
      expect((await onejob(['runs', 'wait', 'k', '--timeout', '60s'], { cwd })).code).toBe(0);
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
    });

    test('under the store ends a command that is told to end, past the grace, with 5, and the run is named', async () => {
      const cwd = await createInstalled({
        'jobs/large.job.mjs': job(`defineJob({ async run({ step }) {
        await step('large', () => 'x'.repeat(1_000_000));
      } })`),
      });
      // Files of this process may have 900 kB: past that a write is refused as on a full disk, and there is never room.
      const words = ['-c', 'ulimit -f 1800; exec "$0" "$@"', process.execPath, program, 'run', 'large'];
      const child = spawn('sh', words, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      await until('the store is full', () => stderr.includes('does not answer'));
      child.kill('SIGTERM');
      const [code] = (await once(child, 'close')) as [number];
      expect(code).toBe(5);
      expect(stderr).toMatch(/what this run did last is not recorded.*"job":"large"/);
    });
  },
);

describe('what ends without having done what it was asked', () => {
  test('a job file that ends the process with 0 is said, and the exit is 1', async () => {
    const cwd = await createInstalled({ ...quick, 'jobs/exits.job.mjs': 'process.exit(0);' });
    const { code, stderr } = await onejob(['run', 'quick'], { cwd });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('process.exit(0)') as string });
  });

  test('a run that is left to a worker in a store that ends with the command is refused', async () => {
    const cwd = await createInstalled(quick);
    const { code, stderr } = await onejob(['enqueue', 'quick', '--store', 'memory:'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('memory: lives in one process') as string,
    });
  });
});
