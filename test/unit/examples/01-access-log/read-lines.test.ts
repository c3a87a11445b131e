import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromLatin1, MAX_LINE, readLines } from '../../../../examples/01-access-log/src/read-lines.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onejob-read-lines-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function linesOf(name: string, content: string | Buffer, signal?: AbortSignal): Promise<string[]> {
  const file = join(folder, name);
  await writeFile(file, content);
  const all: string[] = [];
  for await (const { lines } of readLines(file, signal)) all.push(...lines);
  return all;
}

describe('readLines', () => {
  test.each([
    ['', []],
    ['a', ['a']],
    ['a\nb\n', ['a', 'b']],
    ['a\n\nb', ['a', '', 'b']],
    ['\n', ['']],
    ['a\r\nb', ['a\r', 'b']],
  ])('splits %j', async (content, lines) => {
    expect(await linesOf('split.log', content)).toEqual(lines);
    expect(await linesOf('split.log.gz', gzipSync(content))).toEqual(lines);
  });

  test('joins the lines that fall between two chunks', async () => {
    const lines = Array.from({ length: 50_000 }, (_, n) => `${n} ${'x'.repeat(n % 97)}`);
    expect(await linesOf('chunks.log', lines.join('\n'))).toEqual(lines);
    expect(await linesOf('chunks.log.gz', gzipSync(lines.join('\n')))).toEqual(lines);
  });

  test('keeps characters whole that fall between two chunks', async () => {
    const text = '日志é'.repeat(100_000);
    expect((await linesOf('utf8.log', text)).map(fromLatin1)).toEqual([text]);
  });

  test('reads all members of a .gz, as `cat a.gz b.gz` makes it', async () => {
    expect(await linesOf('members.log.gz', Buffer.concat([gzipSync('a\n'), gzipSync('b\n')]))).toEqual(['a', 'b']);
  });

  test('cuts a line that is far too long, and goes on behind it', async () => {
    const [first, long = '', last, ...none] = await linesOf('long.log', `a\n${'x'.repeat(3 * MAX_LINE)}y\nb`);
    expect([first, long.length, last, none]).toEqual(['a', MAX_LINE, 'b', []]);
    const [only = ''] = await linesOf('long.log', 'x'.repeat(3 * MAX_LINE));
    expect(only.length).toBe(MAX_LINE);
  });

  test('says how much of the file on disk is read, also of a packed one', async () => {
    const packed = gzipSync('a line\n'.repeat(500_000), { level: 0 });
    const file = join(folder, 'progress.log.gz');
    await writeFile(file, packed);
    const seen: number[] = [];
    for await (const { bytesRead } of readLines(file)) seen.push(bytesRead);
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(packed.length);
  });

  test.each([
    ['is not there', 'missing.log', undefined, 'ENOENT'],
    ['is not there, and packed', 'missing.log.gz', undefined, 'ENOENT'],
    ['is no .gz', 'plain.log.gz', Buffer.from('a\n'), 'Z_DATA_ERROR'],
    ['is cut off', 'cut.log.gz', gzipSync('a\n').subarray(0, -4), 'Z_BUF_ERROR'],
  ])('throws for a file that %s, naming it', async (_what, name, content, code) => {
    const file = join(folder, name);
    if (content !== undefined) await writeFile(file, content);
    const reading = (async () => {
      for await (const { lines } of readLines(file)) expect(lines).toEqual(['a']);
    })();
    await expect(reading).rejects.toMatchObject({
      message: expect.stringContaining(`cannot read ${file}: `),
      cause: { code },
    });
  });

  test('stops when the signal aborts, with its reason', async () => {
    const stop = new AbortController();
    const file = join(folder, 'abort.log');
    await writeFile(file, 'a line\n'.repeat(500_000));
    let batches = 0;
    const reading = (async () => {
      for await (const { lines } of readLines(file, stop.signal)) {
        if (lines.length > 0 && ++batches === 2) stop.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(batches).toBe(2);
    await expect(readLines(file, stop.signal).next()).rejects.toThrow('enough');
  });
});
