import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  captureConsole,
  currentSink,
  withConsole,
  withoutConsole,
} from '../../../src/engine/attempt/console-capture.ts';

let release: () => void;
let printed: unknown[][];
const methods = ['debug', 'log', 'info', 'warn', 'error', 'dir'] as const;

beforeEach(() => {
  printed = [];
  for (const method of methods) {
    vi.spyOn(console, method).mockImplementation((...args: unknown[]) => void printed.push([method, ...args]));
  }
  release = captureConsole();
});
afterEach(() => {
  release();
  vi.restoreAllMocks();
});

/** A sink and what it took. */
function sink() {
  const lines: string[] = [];
  return {
    lines,
    take: (line: { stream: string; level: string; text: string }) =>
      void lines.push(`${line.stream} ${line.level} ${line.text}`),
  };
}

describe('console inside of a run', () => {
  test('goes to its sink, formatted as Node does, line by line', () => {
    const { lines, take } = sink();
    withConsole(take, () => {
      console.log('%s is %d', 'a', 1, { b: [2] });
      console.info('two\nlines');
      console.warn(new Map([[1, 2]]));
      console.error();
      console.debug(Symbol('x'), null, undefined);
      console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
    });
    expect(lines).toEqual([
      'stdout info a is 1 { b: [ 2 ] }',
      'stdout info two',
      'stdout info lines',
      'stderr warn Map(1) { 1 => 2 }',
      'stderr error ',
      'stdout debug Symbol(x) null undefined',
      'stdout info { a: [Object] }',
    ]);
    expect(printed).toEqual([]);
  });

  test('also later: in timers, in promises, in callbacks of events', async () => {
    const { lines, take } = sink();
    const target = new EventTarget();
    await withConsole(take, async () => {
      target.addEventListener('x', () => console.log('event'));
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          console.log('timer');
          resolve();
        }, 1);
      });
      await Promise.resolve();
      console.log('promise');
      target.dispatchEvent(new Event('x'));
    });
    expect(lines).toEqual(['stdout info timer', 'stdout info promise', 'stdout info event']);
  });

  test('an inner run has its own sink, the outer one its own again afterwards', () => {
    const [outer, inner] = [sink(), sink()];
    withConsole(outer.take, () => {
      console.log('outer');
      withConsole(inner.take, () => console.log('inner'));
      withoutConsole(() => console.log('nobody'));
      console.log('outer again');
    });
    expect(outer.lines).toEqual(['stdout info outer', 'stdout info outer again']);
    expect(inner.lines).toEqual(['stdout info inner']);
    expect(printed).toEqual([['log', 'nobody']]);
  });

  test('currentSink tells whose code executes', async () => {
    const { take } = sink();
    expect(currentSink()).toBe(undefined);
    await withConsole(take, async () => {
      await Promise.resolve();
      expect(currentSink()).toBe(take);
    });
  });
});

describe('console outside of runs', () => {
  test('works as before, with the very arguments', () => {
    console.log('%s', 'a');
    console.dir({ a: 1 }, { depth: 0 });
    expect(printed).toEqual([
      ['log', '%s', 'a'],
      ['dir', { a: 1 }, { depth: 0 }],
    ]);
  });

  test('is given back when the last user has gone', () => {
    const captured = console.log;
    const second = captureConsole();
    second();
    second();
    expect(console.log).toBe(captured);
    release();
    expect(console.log).not.toBe(captured);
    withConsole(sink().take, () => console.log('printed'));
    expect(printed).toEqual([['log', 'printed']]);
  });
});
