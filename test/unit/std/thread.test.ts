import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openThread, type Thread, type ThreadOptions, threadPort } from '../../../src/std/thread.ts';

const entry = new URL('./thread-entry.mjs', import.meta.url);
const opened: Thread<unknown, unknown>[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((thread) => thread.terminate()));
});

test('messages go in and out, and the inside knows its name and data', async () => {
  const thread = open<string, { name: string; message: string }>({ name: 'the echo', data: { task: 'echo' } });
  const answers = collect(thread, 2);
  thread.post('one');
  thread.post('two');
  expect(await answers).toEqual([
    { name: 'the echo', message: 'one' },
    { name: 'the echo', message: 'two' },
  ]);
});

test('it is told once when the thread is up; what was posted before arrives', async () => {
  const thread = open<string, { name: string; message: string }>({ data: { task: 'echo' } });
  const answers = collect(thread, 1);
  thread.post('early');
  await new Promise<void>((resolve) => thread.onUp(resolve));
  expect(await answers).toMatchObject([{ message: 'early' }]);
});

test('memory may be handed over, and the inside ends by closing its port', async () => {
  const thread = open<ArrayBuffer, number>({ data: { task: 'sum once' } });
  const answers = collect(thread, 1);
  const { buffer } = new Uint8Array([1, 2, 3]);
  thread.post(buffer, [buffer]);
  expect(buffer.byteLength).toBe(0);
  expect(await answers).toEqual([6]);
  expect(await thread.exited).toBe(0);
});

describe('the end', () => {
  test('by an error is told with the error, also to who asks late', async () => {
    const thread = open({ data: { task: 'fail' } });
    const exit = vi.fn<(code: number, error: unknown) => void>();
    thread.onExit(exit);
    expect(await thread.exited).toBe(1);
    const late = new Promise<unknown>((resolve) => thread.onExit((_, error) => resolve(error)));
    expect(await late).toMatchObject({ name: 'RangeError', message: 'broken inside' });
    expect(exit).toHaveBeenCalledExactlyOnceWith(1, await late);
  });

  test('by an error that nobody watches is a warning of the process', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await open({ name: 'the unwatched', data: { task: 'fail' } }).exited;
    expect(String(warn.mock.calls[0]?.[0])).toContain(
      "the thread 'the unwatched' ended with an error: RangeError: broken inside",
    );
    warn.mockRestore();
  });

  test('by process.exit has its code and no error', async () => {
    const thread = open({ data: { task: 'exit' } });
    const exit = new Promise<unknown[]>((resolve) => thread.onExit((...told) => resolve(told)));
    expect(await exit).toEqual([7, undefined]);
  });

  test('by terminate comes even in an endless loop, and again gives the same code', async () => {
    const thread = open<never, string>({ data: { task: 'hang' } });
    expect(await collect(thread, 1)).toEqual(['hanging']);
    const code = await thread.terminate();
    expect(code).toBe(1);
    expect(await thread.terminate()).toBe(code);
    expect(await thread.exited).toBe(code);
  });
});

test('the environment is a copy of ours, or exactly the one that is given', async () => {
  const ours = open<never, NodeJS.ProcessEnv>({ data: { task: 'environment' } });
  expect((await collect(ours, 1))[0]?.['PATH']).toBe(process.env['PATH']);
  const given = open<never, NodeJS.ProcessEnv>({ data: { task: 'environment' }, env: { ONLY: 'this' } });
  expect(await collect(given, 1)).toEqual([{ ONLY: 'this' }]);
});

test('a missing entry is told at once, with its path', () => {
  const missing = new URL('./no-such-entry.js', import.meta.url);
  expect(() => openThread({ entry: missing, name: 'lost' })).toThrow(
    /^the code of the thread 'lost' is missing: there is no file \/.*\/no-such-entry\.js$/,
  );
});

test('threadPort outside a thread is a TypeError', () => {
  expect(() => threadPort()).toThrow('threadPort() is for code that runs in a thread');
});

describe('in a program', () => {
  test('what a thread prints appears on the streams of the process', async () => {
    const { stdout, stderr } = await runProgram(`openThread({ entry, name: 'printer', data: { task: 'print' } });`);
    expect(stdout).toBe('printed inside\n');
    expect(stderr).toBe('complained inside\n');
  });

  test('an unreferenced thread lets the process end', async () => {
    const options = `{ entry, name: 'idle', data: { task: 'echo' }, unref: true }`;
    const { stdout } = await runProgram(`openThread(${options}); console.log('end');`);
    expect(stdout).toBe('end\n');
  });

  test('a referenced one holds it until it is unreferenced', async () => {
    const { stdout } = await runProgram(`
      const thread = openThread({ entry, name: 'idle', data: { task: 'echo' }, unref: true });
      thread.ref();
      thread.onMessage(() => { console.log('answered'); thread.unref(); });
      thread.post('hello');`);
    expect(stdout).toBe('answered\n');
  });

  async function runProgram(code: string) {
    const thread = new URL('../../../dist/std/thread.js', import.meta.url).href;
    const program = `import { openThread } from '${thread}'; const entry = new URL('${entry.href}'); ${code}`;
    return promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 9_000 });
  }
});

function open<In = unknown, Out = unknown>(options: Partial<ThreadOptions>): Thread<In, Out> {
  const thread = openThread<In, Out>({ entry, name: 'tested', ...options });
  opened.push(thread);
  return thread;
}

/** The first `count` messages. */
function collect<Out>(thread: Thread<never, Out>, count: number): Promise<Out[]> {
  return new Promise((resolve) => {
    const messages: Out[] = [];
    thread.onMessage((message) => {
      if (messages.push(message) === count) resolve(messages);
    });
  });
}
