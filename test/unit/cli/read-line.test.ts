import { describe, expect, test } from 'vitest';
import { readLine } from '../../../src/cli/arguments/read-line.ts';
import { textOf } from '../../../src/cli/arguments/token.ts';

function read(...args: string[]) {
  const { command, positionals, tail, behind, implicit } = readLine(args);
  return {
    command: command?.path.join(' '),
    positionals,
    tail: tail.map(textOf),
    behind: behind.map(({ typed }) => typed),
    implicit,
  };
}

const flags = (...args: string[]) => readLine(args).flags;

describe('the command', () => {
  test('is the first word, or the first two', () => {
    expect(read('list')).toMatchObject({ command: 'list', positionals: [] });
    expect(read('runs', 'show', 'abc')).toMatchObject({ command: 'runs show', positionals: ['abc'] });
  });

  test('stands behind flags and their values', () => {
    expect(read('--store', 'memory:', 'runs', 'list', '--limit', '3').command).toBe('runs list');
    expect(flags('--store', 'memory:', 'runs', 'list', '--limit', '3').whole('limit')).toBe(3);
  });

  test('EGO-1 --job without a command is run', () => {
    const line = read('--job=job1,job2', '--job-data={"a":1}');
    expect(line).toMatchObject({ command: 'run', positionals: [], tail: [] });
    expect(flags('--job=job1,job2').list('job')).toEqual(['job1,job2']);
    expect(flags('--job-data={"a":1}', '--job', 'x').text('job-data')).toBe('{"a":1}');
  });

  test('GJ-6 a first word that is no command is a job', () => {
    expect(read('hello', '--name', 'Ann')).toMatchObject({
      command: 'run',
      positionals: ['hello'],
      tail: ['--name', 'Ann'],
      implicit: true,
    });
    expect(read('run', 'hello').implicit).toBe(false);
  });

  test('is help for a group alone', () => {
    expect(read('runs')).toMatchObject({ command: 'help', positionals: ['runs'] });
    expect(read('runs', '--help')).toMatchObject({ command: 'help', positionals: ['runs'] });
  });

  test('is none without words', () => {
    expect(read().command).toBeUndefined();
    expect(read('--help').command).toBeUndefined();
    expect(read('--version').command).toBe('version');
  });

  test('is suggested when it is mistyped', () => {
    expect(() => read('runs', 'lst')).toThrow('did you mean onejob runs list?');
    expect(() => read('runs', '--json')).toThrow('onejob runs needs a command: list, show, logs, wait, cancel');
  });
});

describe('flags', () => {
  test('take their value behind = or as the next word', () => {
    expect(flags('run', 'x', '--key=a=b').text('key')).toBe('a=b');
    expect(flags('run', 'x', '--key', 'a b').text('key')).toBe('a b');
    expect(flags('run', 'x', '--data', '-').text('data')).toBe('-');
    expect(flags('run', 'x', '--priority', '-5').whole('priority')).toBe(-5);
  });

  test('are the same with hyphens, underscores and capitals', () => {
    for (const spelling of ['--log-dir', '--log_dir', '--logDir']) {
      expect(flags('list', spelling, 'log').text('log-dir')).toBe('log');
    }
  });

  test.each([
    ['-job', 'x', 'job', 'x'],
    ['-config=F', '', 'config', 'F'],
    ['-log_dir=D', '', 'log-dir', 'D'],
    ['-alsologtostderr', '', 'alsologtostderr', 'true'],
    ['-p', '4', 'cpu-num', '4'],
    ['--cpu_num', '4', 'cpu-num', '4'],
    ['-m', '127.0.0.1', 'host', '127.0.0.1'],
  ])('GJ-3, EGO-20 %s %s is understood as Go writes it', (flag, value, name, expected) => {
    const args = value === '' ? [flag] : [flag, value];
    expect(flags(...args, ...(name === 'job' ? [] : ['run', 'x'])).text(name)).toBe(expected);
  });

  test('that may be repeated are kept in order, of others the last counts', () => {
    const line = flags('run', 'x', '--header', 'a=1', '--job-header', 'b=2', '--key', 'k1', '--key', 'k2');
    expect(line.list('header')).toEqual(['a=1', 'b=2']);
    expect(line.text('key')).toBe('k2');
  });

  test('that are unknown are refused with the nearest', () => {
    expect(() => read('runs', 'list', '--limt', '3')).toThrow(
      'onejob runs list has no flag --limt; did you mean --limit?',
    );
    expect(() => read('--jsn')).toThrow('onejob has no flag --jsn; did you mean --json?');
    expect(() => read('run', '--nme', 'x', 'hello')).toThrow('onejob run has no flag --nme');
  });

  test('with a wrong value are refused by name', () => {
    expect(() => read('runs', 'list', '--limit', 'many')).toThrow(
      "--limit is a whole number from 1 to 10000, not 'many'",
    );
    expect(() => read('run', 'x', '--timeout', '5')).toThrow(/--timeout: '5' is not a duration/);
    expect(() => read('list', '--log-level', 'wran')).toThrow('did you mean warn?');
    expect(() => read('list', '--json=yes')).toThrow("--json is a switch: it takes no value, not 'yes'");
    expect(() => read('run', 'x', '--key')).toThrow('--key needs a value, KEY');
    expect(() => read('run', 'x', '--key', '--json')).toThrow('--key=VALUE');
  });
});

describe('what follows the name of a job', () => {
  test('GJ-14 is ours where we know it, else the job’s', () => {
    expect(read('run', '--timeout', '5s', 'hello', '--name', 'Ann', '--json', 'positional')).toEqual({
      command: 'run',
      positionals: ['hello'],
      tail: ['--name', 'Ann', 'positional'],
      behind: ['--json'],
      implicit: false,
    });
  });

  test('GJ-14 is the job’s altogether behind --', () => {
    const line = readLine(['run', 'hello', '--', '--store', 'x', '--']);
    expect(line.tail.map(textOf)).toEqual(['--store', 'x', '--']);
    expect(line.tail.every(({ after }) => after)).toBe(true);
    expect(line.behind).toEqual([]);
    expect(line.flags.has('store')).toBe(false);
  });

  test('GJ-14 begins behind --job too', () => {
    expect(read('--job=hello', '--name=Ann', 'positional')).toMatchObject({ tail: ['--name=Ann', 'positional'] });
  });
});
