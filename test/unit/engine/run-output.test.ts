import { expect, test } from 'vitest';
import type { Journal } from '../../../src/engine/journal/journal.ts';
import { RunOutput } from '../../../src/engine/attempt/run-output.ts';
import { decodeLines, type OutputLine } from '../../../src/job/output-line.ts';
import type { Progress } from '../../../src/job/run.ts';
import type { OutputVerdict } from '../../../src/ports/store-entry.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { turns } from '../../support/until.ts';

function setUp({ maxBytes = 1_000_000, lastSeq = 0, writtenBytes = 0 } = {}) {
  const clock = new FakeClock();
  const chunks: { seq: number; lines: OutputLine[]; size: number }[] = [];
  const progress: Progress[] = [];
  let answer: Promise<OutputVerdict> = Promise.resolve('ok');
  const journal: Pick<Journal, 'appendChunk' | 'appendProgress'> = {
    appendChunk: ({ run, epoch, seq, bytes }) => {
      expect([run, epoch]).toEqual(['r', 3]);
      chunks.push({ seq, lines: decodeLines(bytes), size: bytes.length });
      return answer;
    },
    appendProgress: (word) => {
      progress.push(word.progress);
      return answer;
    },
  };
  const output = new RunOutput({
    run: 'r',
    epoch: 3,
    lastSeq,
    writtenBytes,
    maxBytes,
    journal: journal as Journal,
    clock,
  });
  return {
    clock,
    chunks,
    progress,
    output,
    say: (text: string, fields?: Record<string, unknown>) =>
      output.add({ at: 0, stream: 'log', level: 'info', text, ...(fields && { fields }) }),
    bytes: () => chunks.reduce((sum, { size }) => sum + size, 0),
    texts: () => chunks.flatMap(({ lines }) => lines.map(({ text }) => text)),
    hold: () => {
      const held = createDeferred<OutputVerdict>();
      answer = held.promise;
      return held;
    },
  };
}

test('lines go together as one chunk after a moment, numbered on from the last', () => {
  const { clock, chunks, say } = setUp({ lastSeq: 7 });
  say('one');
  say('two');
  expect(chunks).toEqual([]);
  clock.advance(100);
  say('three');
  clock.advance(100);
  expect(chunks.map(({ seq, lines }) => [seq, lines.map(({ text }) => text)])).toEqual([
    [8, ['one', 'two']],
    [9, ['three']],
  ]);
});

test('a full chunk goes at once', () => {
  const { chunks, say } = setUp();
  for (let i = 0; i < 70; i++) say('x'.repeat(1_000));
  expect(chunks).toHaveLength(1);
});

test('flush resolves when all is committed', async () => {
  const { output, say, hold, texts } = setUp();
  const held = hold();
  say('one');
  let flushed = false;
  const flushing = output.flush().then(() => (flushed = true));
  await turns();
  expect(texts()).toEqual(['one']);
  expect(flushed).toBe(false);
  held.resolve('ok');
  await flushing;
});

test('a flush of nothing sends nothing', async () => {
  const { output, chunks, clock } = setUp();
  await output.flush();
  expect(chunks).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('beyond the cap head and tail are kept in order, with a line that says what was dropped', async () => {
  const { output, say, texts, chunks } = setUp({ maxBytes: 3_000 });
  for (let i = 1; i <= 100; i++) say(`line ${i}`);
  await output.flush();
  const kept = texts();
  const at = kept.findIndex((text) => text.startsWith('…'));
  const [head, tail] = [kept.slice(0, at), kept.slice(at + 1)];
  expect(head).toEqual(head.map((_, i) => `line ${i + 1}`));
  expect(tail).toEqual(tail.map((_, i) => `line ${100 - tail.length + i + 1}`));
  expect(head.length).toBeGreaterThan(5);
  expect(tail.length).toBeGreaterThan(5);
  const dropped = 100 - head.length - tail.length;
  expect(kept[at]).toBe(`… ${dropped} lines were dropped here: the run writes more than is kept`);
  const all = chunks.flatMap(({ lines }) => lines);
  expect(all[at]).toMatchObject({ level: 'warn', fields: { dropped } });
});

test('a short line behind a long one that did not fit keeps its place', async () => {
  const { output, say, texts } = setUp({ maxBytes: 1_500 });
  say(`first${'.'.repeat(200)}`);
  say('x'.repeat(400));
  say('short');
  await output.flush();
  expect(texts().map((text) => text.slice(0, 5))).toEqual(['first', 'xxxxx', 'short']);
});

test('the very last line is kept whatever its size', async () => {
  const { output, say, texts } = setUp({ maxBytes: 500 });
  for (let i = 0; i < 10; i++) say(`line ${i}`);
  say(`last ${'x'.repeat(10_000)}`);
  await output.flush(true);
  expect(texts().at(-1)).toMatch(/^last x/);
});

test('a hundred attempts that write without end stay within the cap of their run', async () => {
  const maxBytes = 250_000;
  let writtenBytes = 0;
  for (let attempt = 1; attempt <= 100; attempt++) {
    const { output, say, bytes, texts } = setUp({ maxBytes, writtenBytes });
    for (let i = 0; i < 5_000; i++) say(`line ${i}`);
    await output.flush();
    expect(texts().filter((text) => text.startsWith('…')).length).toBeLessThanOrEqual(1);
    if (attempt <= 3) expect(texts().at(-1)).toBe('line 4999');
    writtenBytes += bytes();
  }
  expect(writtenBytes).toBeGreaterThan(200_000);
  expect(writtenBytes).toBeLessThan(260_000);
});

test('a run that has no room left keeps a few lines of its end, with one that says what was dropped', async () => {
  const { output, say, texts, bytes } = setUp({ maxBytes: 1_000_000, writtenBytes: 2_000_000 });
  for (let i = 0; i < 20_000; i++) say(`line ${i}`);
  await output.flush();
  expect(texts()).toEqual([]);
  await output.flush(true);
  expect(texts()[0]).toMatch(/^… \d+ lines were dropped here/);
  expect(texts().at(-1)).toBe('line 19999');
  expect(texts().length - 1 + Number(/\d+/.exec(texts()[0] ?? ''))).toBe(20_000);
  expect(bytes()).toBeLessThan(6_000);
});

test('a line of many megabytes is cut, fields too, and never through a character', async () => {
  const { output, chunks, say } = setUp({ maxBytes: 16_000_000 });
  say(`${'x'.repeat(65_535)}😀${'y'.repeat(5_000_000)}`);
  say('big', { data: 'z'.repeat(5_000_000) });
  await output.flush();
  const [long, big] = chunks.flatMap(({ lines }) => lines);
  expect(long?.text).toHaveLength(65_536 + '… and 5000001 more'.length);
  expect(long?.text.isWellFormed()).toBe(true);
  expect(big?.fields).toEqual({ dropped: 'fields of 5000011 characters' });
});

test('fields count for the cap', async () => {
  const { output, say, texts } = setUp({ maxBytes: 4_000 });
  for (let i = 0; i < 10; i++) say('line', { data: 'x'.repeat(900) });
  await output.flush();
  expect(texts().filter((text) => text === 'line').length).toBeLessThan(6);
});

test('a store that is slow costs lines, not memory, and each gap says how many', async () => {
  const { output, say, hold, texts } = setUp({ maxBytes: 100_000_000 });
  const held = hold();
  for (let i = 0; i < 2_000; i++) say('x'.repeat(1_000));
  held.resolve('ok');
  await turns();
  say('after');
  await output.flush();
  const marker = texts().at(-2) ?? '';
  const dropped = Number(marker.match(/^… (\d+) lines/)?.[1]);
  expect(dropped).toBeGreaterThan(500);
  expect(texts().at(-1)).toBe('after');
  expect(texts()).toHaveLength(2_000 - dropped + 2);
});

test('a million lines take no time beyond the cap', async () => {
  const { output, say } = setUp({ maxBytes: 16_777_216 });
  const before = process.cpuUsage();
  for (let i = 0; i < 300_000; i++) say('a line of the usual length, more or less, as programs print them');
  await output.flush();
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(5_000);
});

test('of progress only the last word is sent, once', async () => {
  const { output, progress, clock } = setUp();
  for (const fraction of [0.1, 0.2, 0.3]) output.setProgress({ fraction, text: null });
  clock.advance(100);
  expect(progress).toEqual([{ fraction: 0.3, text: null }]);
  await output.flush();
  expect(progress).toHaveLength(1);
  expect(output.lastProgress).toEqual({ fraction: 0.3, text: null });
});

test('while a word of progress is on its way no other follows it, and then only the last one does', async () => {
  const { output, progress, clock, hold } = setUp();
  const held = hold();
  const fractions = () => progress.map(({ fraction }) => fraction);
  for (const fraction of [0.1, 0.2, 0.3, 0.4]) {
    output.setProgress({ fraction, text: null });
    clock.advance(100);
  }
  expect(fractions()).toEqual([0.1]);
  let flushed = false;
  const flushing = output.flush().then(() => (flushed = true));
  await turns();
  expect(flushed).toBe(false);
  held.resolve('ok');
  await flushing;
  expect(fractions()).toEqual([0.1, 0.4]);
  clock.advance(1_000);
  expect(fractions()).toEqual([0.1, 0.4]);
});

test('what was said while a word was on its way is told without another word', async () => {
  const { output, progress, clock, hold } = setUp();
  const held = hold();
  output.setProgress({ fraction: 0.1, text: null });
  clock.advance(100);
  output.setProgress({ fraction: 0.2, text: null });
  clock.advance(100);
  held.resolve('ok');
  await turns();
  clock.advance(100);
  expect(progress.map(({ fraction }) => fraction)).toEqual([0.1, 0.2]);
});
