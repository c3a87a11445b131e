import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createInstalled } from '../support/onejob.ts';

const program = fileURLToPath(new URL('../../bin/onejob.js', import.meta.url));

const files = {
  'jobs/mails.job.mjs': `
    import { defineJob } from 'onejob';
    export default defineJob({ summary: 'Sends 你好 to everybody, one after the other, however many there are in the list', async run({ progress, log }) {
      for (let n = 1; n <= 8; n++) {
        progress(n / 8, n + ' mails');
        if (n === 4) log.info('half way');
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
      return { sent: 8 };
    } });`,
  'jobs/fails.job.mjs': `
    import { defineJob } from 'onejob';
    export default defineJob({ run() { throw new Error('no connection'); } });`,
  'jobs/noisy.job.mjs': `
    import { defineJob } from 'onejob';
    export default defineJob({ run({ step }) {
      return step('a\\u001B[2Jb', () => { throw new Error('line 1\\nline 2\\u001B[2J\\u0007'); });
    } });`,
};

/** What a person sees: everything that was written to a terminal of 80 columns. `script` comes with Linux. */
function onTerminal(args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  const quoted = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  const command = `stty cols 80 rows 24; exec ${quoted}`;
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
    };
    execFile('script', ['-qec', command, '/dev/null'], options, (error, stdout) => {
      if (error && typeof error.code !== 'number') reject(new Error('script did not end by itself', { cause: error }));
      else resolve(stdout.replaceAll('\r\n', '\n'));
    });
  });
}

describe.skipIf(process.platform !== 'linux')(
  'on a terminal (the program `script` is called here as Linux has it)',
  () => {
    test('EGO-7 progress is drawn while the run goes on, and nothing of it stays', async () => {
      const cwd = await createInstalled(files);
      const begun = performance.now();
      const seen = await onTerminal(['run', 'mails'], cwd);
      const tenths = (performance.now() - begun) / 100;
      const drawings = seen.match(/mails\S* {2}.*?%/g) ?? [];
      expect(drawings.length).toBeGreaterThanOrEqual(3);
      expect(drawings.length).toBeLessThanOrEqual(tenths);
      expect(seen).toContain('━');
      // oxlint-disable-next-line no-control-regex -- the sequences of a terminal are what is tested
      const left = seen.split(/\r(?:\u001B\[\d+A)?\u001B\[0J/).at(-1);
      expect(left).toMatch(/^\{\n {2}"sent": 8\n\}\n.*✓.* mails succeeded in [\d.]+ m?s.*run [0-9a-f]{8}/);
      expect(seen).toMatch(/INFO.* half way\n/);
    });

    test('what an error or a name says cannot move the cursor', async () => {
      const cwd = await createInstalled(files);
      const ours = { NO_COLOR: '1' };
      const seen = await onTerminal(['run', 'noisy', '--key', 'k\u0007', '--verbose'], cwd, ours);
      expect(seen).toContain('noisy failed: line 1\nline 2\\x1b[2J\\x07');
      const page = await onTerminal(['runs', 'show', 'k\u0007'], cwd, ours);
      expect(page).toContain('a·[2Jb');
      // oxlint-disable-next-line no-control-regex -- the sequences of a terminal are what is tested
      for (const text of [seen.replaceAll(/\r?\u001B\[0?[JK]/g, ''), page]) expect(text).not.toMatch(/[\u0007\u001B]/);
    });

    test('EGO-7 without colours where NO_COLOR says so, and none that --json would mix with', async () => {
      const cwd = await createInstalled(files);
      const plain = await onTerminal(['run', 'fails'], cwd, { NO_COLOR: '1' });
      expect(plain).toMatch(/^onejob: fails failed: no connection {2}run [0-9a-f]{8}\n$/);
      const json = await onTerminal(['runs', 'list', '--json'], cwd);
      expect(JSON.parse(json)).toMatchObject({ v: 1, items: [{ job: 'fails' }] });
    });

    test('tables have titles, short ids, signs for states, and fit', async () => {
      const cwd = await createInstalled(files);
      await onTerminal(['run', 'fails'], cwd);
      const runs = await onTerminal(['runs', 'list'], cwd, { NO_COLOR: '1' });
      expect(runs).toMatch(
        /^RUN {7}JOB {4}STATE {5}BY {3}CREATED +TOOK +WHAT\n[0-9a-f]{8} {2}fails {2}✗ failed {2}cli {2}/,
      );
      const jobs = await onTerminal(['list'], cwd, { NO_COLOR: '1' });
      const [title, ...lines] = jobs.trim().split('\n');
      expect(title).toMatch(/^JOB {4}SUMMARY +PLACE$/);
      expect(lines).toHaveLength(3);
      expect(lines[1]).toMatch(/^mails {2}Sends 你好 to everybody, .*… {2}jobs\/mails\.job\.mjs:3$/);
    });
  },
);
