import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { alignRows } from '../../../src/cli/print/table.ts';
import { LiveLines } from '../../../src/cli/print/live-lines.ts';
import { createPaint, wantsColour } from '../../../src/cli/print/paint.ts';
import { progressLine } from '../../../src/cli/print/progress-bar.ts';
import { resultText } from '../../../src/cli/print/result.ts';
import { formatAge, formatInstant } from '../../../src/cli/print/time.ts';
import { fitWidth, oneLine, padWidth, textWidth } from '../../../src/cli/print/width.ts';

const plain = createPaint(false);
const colours = createPaint(true);

describe('the width of a text', () => {
  test.each([
    ['hello', 5],
    ['✓ ok – “x” … ━─', 15],
    ['你好', 4],
    ['你好 a', 6],
    ['👍🏽', 2],
    ['é', 1],
    [colours.red('你'), 2],
    ['', 0],
  ])('of %j is %i', (text, width) => {
    expect(textWidth(text)).toBe(width);
    expect(textWidth(padWidth(text, 20))).toBe(20);
  });

  test('is kept by cutting at a character, with colours closed', () => {
    expect(fitWidth('hello', 4)).toBe('hel…');
    expect(fitWidth('你好吗', 4)).toBe('你…');
    expect(fitWidth('hello', 5)).toBe('hello');
    expect(fitWidth(colours.red('hello'), 4)).toBe('\u001B[31mhel…\u001B[0m');
    expect(fitWidth('hello', 0)).toBe('');
  });

  test('is one line whatever is in it', () => {
    expect(oneLine('a\n  b\tc\u001B[2J')).toBe('a ⏎ b·c·[2J');
  });
});

describe('a table', () => {
  const rows = [
    ['RUN', 'JOB', 'WHAT'],
    ['1', 'import', 'a long story of what went wrong'],
    ['22', '你好', ''],
  ];

  test('has its columns below each other', () => {
    expect(alignRows(rows)).toEqual(['RUN  JOB     WHAT', '1    import  a long story of what went wrong', '22   你好']);
  });

  test('cuts one column where the terminal is too narrow', () => {
    expect(alignRows(rows, { width: 24, cut: 2 })[1]).toBe('1    import  a long sto…');
  });
});

describe('colours', () => {
  test('are for terminals, unless NO_COLOR or FORCE_COLOR say otherwise', () => {
    expect(wantsColour({}, true, false)).toBe(true);
    expect(wantsColour({}, false, false)).toBe(false);
    expect(wantsColour({}, true, true)).toBe(false);
    expect(wantsColour({ NO_COLOR: '1' }, true, false)).toBe(false);
    expect(wantsColour({ NO_COLOR: '' }, true, false)).toBe(true);
    expect(wantsColour({ FORCE_COLOR: '1' }, false, false)).toBe(true);
    expect(wantsColour({ FORCE_COLOR: '0' }, true, false)).toBe(false);
    expect(wantsColour({ TERM: 'dumb' }, true, false)).toBe(false);
  });
});

describe('the result', () => {
  const of = (output: unknown, body?: string) => ({
    output: output === undefined ? null : JSON.stringify(output),
    response: body === undefined ? null : { status: 200, headers: [], body },
  });

  test('EGO-7 is text as text, anything else as JSON, nothing as nothing', () => {
    expect(resultText(of('你好'), false)).toBe('你好');
    expect(resultText(of({ a: [1] }), false)).toBe('{"a":[1]}');
    expect(resultText(of({ a: 1 }), true)).toBe('{\n  "a": 1\n}');
    expect(resultText(of(0), false)).toBe('0');
    expect(resultText(of(undefined), false)).toBeNull();
  });

  test('EGO-7 is what the job wrote, where it wrote something', () => {
    expect(resultText(of({ a: 1 }, 'i am ok'), true)).toBe('i am ok');
    expect(resultText(of({ a: 1 }, ''), false)).toBe('{"a":1}');
  });
});

describe('times', () => {
  test('are ages for people and instants for programs', () => {
    const now = Date.UTC(2026, 0, 2);
    expect(formatAge(now - 400, now)).toBe('now');
    expect(formatAge(now - 3_900, now)).toBe('3 s ago');
    expect(formatAge(now - 90_000, now)).toBe('1 m 30 s ago');
    expect(formatAge(now + 300_000, now)).toBe('in 5 m');
    expect(formatInstant(now)).toBe('2026-01-02T00:00:00.000Z');
    expect(formatInstant(null)).toBe('');
  });
});

describe('progress', () => {
  const line = (fraction: number | null, text: string | null, ms = 0) =>
    progressLine({ job: 'import', progress: { fraction, text }, ms }, plain);

  test('is a bar where the fraction is known', () => {
    expect(line(0.5, '10 mails', 3_400)).toBe('import  ━━━━━━━━━━━━────────────  50 %  10 mails  3 s');
    expect(line(2, null)).toMatch(/━{24} 100 %$/);
    expect(line(null, 'reading')).toBe('import  reading');
    expect(progressLine({ job: 'import', progress: null, ms: 2_000 }, plain)).toBe('import  running  2 s');
  });
});

describe('live lines', () => {
  const written: string[] = [];
  const open = () => new LiveLines({ columns: 20, write: (text) => written.push(text) });
  beforeEach(() => {
    vi.useFakeTimers();
    written.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  test('are redrawn at most ten times a second', () => {
    const lines = open();
    for (let n = 0; n < 100; n++) {
      lines.set('a', `${n} %`);
      vi.advanceTimersByTime(10);
    }
    expect(written.length).toBeGreaterThanOrEqual(9);
    expect(written.length).toBeLessThanOrEqual(11);
    expect(written.at(-1)).toMatch(/^\r9\d %/);
  });

  test('give way to other lines and leave nothing behind', () => {
    const lines = open();
    lines.set('a', 'one');
    lines.set('b', 'two');
    vi.advanceTimersByTime(100);
    expect(written.at(-1)).toContain('one\u001B[K\ntwo\u001B[K');
    lines.hide();
    expect(written.at(-1)).toBe('\r\u001B[1A\u001B[0J');
    vi.advanceTimersByTime(100);
    expect(written.at(-1)).toContain('one');
    lines.end();
    expect(written.at(-1)).toBe('\r\u001B[1A\u001B[0J');
    const count = written.length;
    vi.advanceTimersByTime(1_000);
    expect(written.length).toBe(count);
  });

  test('never wrap, which would break the way back up', () => {
    open().set('a', 'x'.repeat(50));
    expect(written.at(-1)).toContain(`${'x'.repeat(18)}…\u001B[K`);
  });
});
