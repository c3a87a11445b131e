import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../examples/01-access-log/src/summary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const example = join(root, 'examples/01-access-log');
const sharedLog = join(root, '../shared/data/access.log');

let folder: string;
let readme: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onejob-example-01-'));
  readme = await readFile(join(example, 'README.md'), 'utf8');
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program in the repository's root, with a store of its own. */
function run(program: string, args: string[]): Promise<Ended> {
  const env = { ...process.env, ONEJOB_STORE: `sqlite:${join(folder, 'onejob.db')}` };
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: root, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number')
        reject(new Error(`${program} did not end by itself`, { cause: error }));
      else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function accessLog(...args: string[]): Promise<Ended> {
  const jobs = ['--jobs', 'examples/01-access-log/jobs', '--json'];
  return run(process.execPath, ['bin/onejob.js', 'run', 'access-log', ...args, ...jobs]);
}

interface EndedRun {
  state: string;
  output: Report;
  error: { code: string; message: string; data?: unknown } | null;
}

function runOf({ stdout }: Ended): EndedRun {
  const { runs } = JSON.parse(stdout) as { runs: EndedRun[] };
  const [only, ...others] = runs;
  if (only === undefined || others.length > 0) throw new Error(`not one run: ${stdout}`);
  return only;
}

/** The first fenced block of a language. */
function block(language: string): string {
  const start = readme.indexOf(`\`\`\`${language}\n`) + language.length + 4;
  return readme.slice(start, readme.indexOf('```', start));
}

async function outputOf(...args: string[]): Promise<Report> {
  const ended = await accessLog(...args);
  expect(ended).toMatchObject({ code: 0 });
  return runOf(ended).output;
}

/** Writes `content` to a new folder of its own. */
async function place(name: string, content: string | Buffer): Promise<string> {
  const file = join(folder, name);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content);
  return file;
}

describe('example 01', () => {
  test('prints what its README says', async () => {
    const commands = block('sh')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(commands).toHaveLength(2);
    let last: Ended | undefined;
    for (const [program, ...args] of commands) {
      expect(program).toBe('node');
      last = await run(
        process.execPath,
        args.map((arg) => (arg === 'out.log' ? join(folder, arg) : arg)),
      );
      expect(last).toMatchObject({ code: 0 });
    }
    expect(last && runOf(last)).toMatchObject({
      state: 'succeeded',
      output: JSON.parse(block('json')) as Report,
      error: null,
    });
  });

  const line = '192.0.2.1 - - [31/Dec/2025:23:59:59 +0100] "GET /a?b HTTP/1.1" 200 10';

  test('adds up the files of a folder, plain and packed, and of a pattern', async () => {
    const file = await place('logs/access.log', `${line}\n${line} "-" "curl"\n`);
    await place('logs/access.log.1.gz', gzipSync(`${line.replace(/10$/, '-')}\n`.repeat(3)));
    await copyFile(file, await place('logs/site/other.log', ''));

    const totals = async (path: string) => {
      const { requests, bytes, malformed, days } = await outputOf(join(folder, path));
      expect({ malformed, days }).toEqual({ malformed: 0, days: [{ day: '2025-12-31', requests, bytes }] });
      return [requests, bytes];
    };
    expect(await totals('logs')).toEqual([7, 40]);
    expect(await totals('logs/access.log')).toEqual([2, 20]);
    expect(await totals('logs/access.log*')).toEqual([5, 20]);
    expect(await totals('logs/**/*.log')).toEqual([4, 40]);
  });

  test('counts malformed lines and shows the first five, with file and line', async () => {
    const file = await place('malformed.log', `${line}\n\n${'cut off\n'.repeat(7)}${line}`);
    const ended = await accessLog(file);
    expect(ended.code).toBe(0);
    expect(runOf(ended).output).toMatchObject({ requests: 2, malformed: 7 });
    const shown = ended.stderr.split('\n').filter((text) => text.includes('malformed line') && text.includes(file));
    expect(shown).toHaveLength(5);
    expect(shown[0]).toMatch(/\bline\W+3\b/);
    expect(shown[4]).toMatch(/\bline\W+7\b/);
  });

  test('lists as many paths and clients as asked for, ten when not asked', async () => {
    const lines = Array.from({ length: 12 }, (_, n) =>
      line.replace('192.0.2.1', `192.0.2.${n}`).replace('/a', `/${n}`),
    );
    const file = await place('many.log', lines.join('\n'));
    const lengths = async (...args: string[]) => {
      const { requests, paths, clients } = await outputOf(file, ...args);
      return [requests, paths.length, clients.length];
    };
    expect(await lengths()).toEqual([12, 10, 10]);
    expect(await lengths('-n', '3')).toEqual([12, 3, 3]);
    expect(await lengths('--top', '20')).toEqual([12, 12, 12]);
  });

  test.each(['none.log', 'empty', 'none*.log'])('fails with LOG_NOT_FOUND for %s', async (name) => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    const path = join(folder, name);
    const ended = await accessLog(path);
    expect(ended.code).toBe(1);
    expect(runOf(ended)).toMatchObject({ state: 'failed', error: { code: 'LOG_NOT_FOUND', data: { path } } });
  });

  test('refuses to start without a path, or with a top that is no number', async () => {
    expect(await accessLog()).toMatchObject({ code: 2 });
    expect(await accessLog('x.log', '--top', 'many')).toMatchObject({ code: 2 });
  });

  test.skipIf(!existsSync(sharedLog))('agrees with awk on a real log (skipped where that is not there)', async () => {
    const program = `
      { path = $7; sub(/\\?.*/, "", path); add("day", substr($4, 2, 11)); add("path", path); add("client", $1) }
      function add(kind, name) { requests[kind "\\t" name]++; bytes[kind "\\t" name] += ($10 == "-" ? 0 : $10) }
      END { for (key in requests) printf "%s\\t%d\\t%.0f\\n", key, requests[key], bytes[key] }`;
    const { stdout } = await run('awk', [program, sharedLog]);
    const rows = stdout
      .trim()
      .split('\n')
      .map((row) => row.split('\t'));
    const counted = (kind: string) =>
      rows
        .filter(([of]) => of === kind)
        .map(([, name = '', requests, bytes]) => ({ name, requests: Number(requests), bytes: Number(bytes) }));
    const max = (kind: string) =>
      counted(kind)
        .toSorted((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1))
        .slice(0, 10);
    const sum = (of: 'requests' | 'bytes') => counted('day').reduce((total, day) => total + day[of], 0);

    const output = await outputOf(sharedLog);
    expect(output.requests).toBe(sum('requests'));
    expect(output.bytes).toBe(sum('bytes'));
    expect(output.malformed).toBe(0);
    expect(output.days).toEqual(
      counted('day')
        .map(({ name, ...traffic }) => ({ day: name.replace(/(..)\/May\/(....)/, '$2-05-$1'), ...traffic }))
        .toSorted((a, b) => (a.day < b.day ? -1 : 1)),
    );
    expect(output.paths).toEqual(max('path').map(({ name, ...traffic }) => ({ path: name, ...traffic })));
    expect(output.clients).toEqual(max('client').map(({ name, ...traffic }) => ({ client: name, ...traffic })));
  });
});
