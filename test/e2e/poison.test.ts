import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createInstalled, onejob, startOnejob } from '../support/onejob.ts';
import { until } from '../support/until.ts';

/** The poison waits until its neighbours are in execution beside it, then it kills the process. */
const jobs = `
  import { defineJob } from 'onejob';
  import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  const lines = () => (existsSync('ledger') ? readFileSync('ledger', 'utf8').trim().split('\\n') : []);
  export const poison = defineJob({
    name: 'poison',
    async run() {
      appendFileSync('ledger', 'poison\\n');
      while (lines().filter((line) => line.startsWith('innocent')).length < 8) await sleep(5);
      writeFileSync('killed', '');
      process.kill(process.pid, 'SIGKILL');
    },
  });
  export const innocent = defineJob({
    name: 'innocent',
    async run({ input }) {
      appendFileSync('ledger', 'innocent ' + input + '\\n');
      while (!existsSync('killed')) await sleep(5);
      return input;
    },
  });`;

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly attempt: number;
  readonly crashes: number;
  readonly output: unknown;
  readonly error: { readonly code: string; readonly data: { readonly workers: readonly unknown[] } } | null;
}

test(
  'a run that kills its process fails at its limit, and its eight neighbours succeed',
  { timeout: 300_000 },
  async () => {
    const cwd = await createInstalled({ 'jobs/all.job.mjs': jobs });
    const list = async (job: string): Promise<Listed[]> => {
      const { stdout } = await onejob(['runs', 'list', '--json', '--job', job], { cwd });
      return (JSON.parse(stdout) as { items: Listed[] }).items;
    };
    for (let n = 1; n <= 8; n++) await onejob(['enqueue', 'innocent', '--data', String(n)], { cwd });
    await onejob(['enqueue', 'poison', '--priority', '1'], { cwd });

    const isFailed = async () => (await list('poison'))[0]?.state === 'failed';
    const work = () => startOnejob(['start', '--roles=worker', '--concurrency=20'], { cwd });
    let worker = work();
    // Whoever comes next takes over at once: the next worker, or a command that looks.
    for (let lives = 1; !(await isFailed()); lives++) {
      expect(lives).toBeLessThan(8);
      await Promise.race([worker.ended, until('it has failed', isFailed, 120_000)]);
      if (worker.child.signalCode === 'SIGKILL') worker = work();
    }
    await until('all innocent ones have succeeded', async () => {
      const runs = await list('innocent');
      return runs.every(({ state }) => state === 'succeeded');
    });
    for (const run of await list('innocent')) expect(run).toMatchObject({ attempt: 1, crashes: 0 });
    const [poison] = await list('poison');
    expect(poison).toMatchObject({ state: 'failed', crashes: 3, error: { code: 'RUN_CRASHED' } });
    expect(poison?.error?.data.workers).toHaveLength(3);
    expect(existsSync(join(cwd, 'ledger'))).toBe(true);
    const begun = readFileSync(join(cwd, 'ledger'), 'utf8').split('\n');
    expect(begun.filter((line) => line === 'poison')).toHaveLength(4); // once beside the others, where nobody was charged
  },
);
