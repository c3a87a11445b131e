import { expect, test } from 'vitest';
import { checkJobName, foldName, nearest } from '../../../src/job/name.ts';

test('a name is kebab-case or PascalCase', () => {
  for (const name of ['a', 'send-report', 'SendReport', 'step2', 'a-1-b', 'URL', 'x'.repeat(100)]) {
    expect(() => checkJobName(name, 'jobs/a.ts:1')).not.toThrow();
  }
});

test('EGO-24 any other name is refused with the place of the definition', () => {
  const names = [
    '',
    ' ',
    'send_report',
    'sendReport',
    '-a',
    'a-',
    'a--b',
    '1a',
    'a b',
    '发送',
    '../a',
    'a/b',
    'x'.repeat(101),
  ];
  for (const name of names) {
    expect(() => checkJobName(name, 'jobs/a.ts:7')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('jobs/a.ts:7') }),
    );
  }
});

test('spellings of one name fold to one form', () => {
  const spellings = ['HelloWorld', 'hello-world', 'HelloWorldJob', 'hello_world', 'helloworld', 'hello-world-job'];
  expect(new Set(spellings.map(foldName))).toEqual(new Set(['helloworld']));
});

test('a job may be called job', () => {
  expect(foldName('Job')).toBe('job');
  expect(foldName('JobJob')).toBe('job');
});

test('different names stay different', () => {
  expect(foldName('job-list')).not.toBe(foldName('list'));
  expect(foldName('hello')).not.toBe(foldName('hello-world'));
});

test('EGO-3 the nearest name is suggested, if one is near', () => {
  const known = ['import-orders', 'send-report', 'ping'];
  expect(nearest('import-order', known)).toBe('import-orders');
  expect(nearest('sned-report', known)).toBe('send-report');
  expect(nearest('Send-Report', known)).toBe('send-report');
  expect(nearest('pign', known)).toBe('ping');
  expect(nearest('backup', known)).toBe(undefined);
  expect(nearest('anything', [])).toBe(undefined);
});
