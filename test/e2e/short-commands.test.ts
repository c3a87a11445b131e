import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createInstalled, onejob, startOnejob } from '../support/onejob.ts';

/** Notes each of its executions, and keeps its main loop busy for a while. */
const blocking = `
  import { appendFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { defineJob } from 'onejob';
  export default defineJob({
    async run({ input, log }) {
      if (input.sleepMs) await sleep(input.sleepMs);
      appendFileSync('executions', 'x');
      const begun = Date.now();
      while (Date.now() - begun < input.blockMs);
      return 'done';
    },
  });
`;
const config = '{ "limits": { "lease": "2s" } }';

test.each([
  ['from its first instruction on', { blockMs: 6_000 }],
  ['when it has gone on for a while', { sleepMs: 400, blockMs: 6_000 }],
])('a run that blocks %s is not taken for dead', async (_, input) => {
  const cwd = await createInstalled({ 'jobs/block.job.js': blocking, 'onejob.config.json': config });
  const worker = startOnejob(['start', '--roles=worker'], { cwd });
  await worker.said('onejob ready');
  const ended = await onejob(['run', 'block', '--data', JSON.stringify(input)], { cwd });
  expect(ended).toMatchObject({ code: 0, stdout: 'done\n' });
  expect(await readFile(join(cwd, 'executions'), 'utf8')).toBe('x');
  worker.child.kill('SIGTERM');
  const { stderr } = await worker.ended;
  expect(stderr).not.toContain('a worker is dead');
});

test('a run that is over in a moment leaves its database and nothing else', async () => {
  const cwd = await createInstalled({ 'jobs/block.job.js': blocking });
  for (const input of [{ blockMs: 0 }, { sleepMs: 400, blockMs: 0 }]) {
    const ended = await onejob(['run', 'block', '--data', JSON.stringify(input)], { cwd });
    expect(ended).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(await readdir(join(cwd, '.onejob'))).toEqual(['onejob.db']);
  }
});
