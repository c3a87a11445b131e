import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import { createInstalled } from '../support/onejob.ts';

const program = fileURLToPath(new URL('../../bin/onejob.js', import.meta.url));

/** What a person sees who types `answer` when there is a question. `script` comes with Linux. */
async function answering(
  answer: string,
  cwd: string,
  ...args: string[]
): Promise<{ seen: string; code: number | null }> {
  const line = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  const env = { PATH: process.env['PATH'], HOME: cwd, TERM: 'xterm-256color', SHELL: '/bin/sh', NO_COLOR: '1' };
  const child = spawn('script', ['-qec', `exec ${line}`, '/dev/null'], { cwd, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  let seen = '';
  let asked = false;
  child.stdout.on('data', (chunk) => {
    seen += String(chunk);
    if (asked || !seen.includes('[y/N]')) return;
    asked = true;
    child.stdin.write(answer);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { seen: seen.replaceAll('\r\n', '\n'), code };
}

test.skipIf(process.platform !== 'linux')(
  'on a terminal many runs are changed after a yes, and after nothing else (`script` is called as Linux has it)',
  async () => {
    const cwd = await createInstalled({});
    await mkdir(join(cwd, '.onejob'));
    const client = createClient({ store: `sqlite:${join(cwd, '.onejob/onejob.db')}` });
    onTestFinished(() => client.close());
    const queued = async () => (await client.list({ states: ['queued'] })).items.length;
    await client.enqueueMany('hello', [{ input: 1 }, { input: 2 }]);
    const cancel = (answer: string) => answering(answer, cwd, 'runs', 'cancel', '--job', 'hello');

    for (const [answer, code] of [
      ['n\n', 1],
      ['\n', 1],
      ['\u0004', 1],
      ['\u0003', 130],
    ] as const) {
      const { seen, code: ended } = await cancel(answer);
      expect(seen, JSON.stringify(answer)).toContain('cancel 2 queued runs? [y/N]');
      expect({ seen: seen.endsWith('\nnothing was changed\n'), code: ended }, seen).toEqual({ seen: true, code });
      expect(await queued()).toBe(2);
    }
    const { seen, code } = await cancel('y\n');
    expect(seen).toMatch(/\n2 cancelled\n$/);
    expect({ code, left: await queued() }).toEqual({ code: 0, left: 0 });
  },
);
