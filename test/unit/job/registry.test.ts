import { expect, test } from 'vitest';
import { defineJob, named } from '../../../src/job/define.ts';
import { Registry } from '../../../src/job/registry.ts';

const job = (name: string) => defineJob({ name, run: () => name });

test('jobs are listed by name and found by any spelling that folds to it', () => {
  const registry = new Registry([job('send-report'), job('Backup')]);
  expect(registry.names()).toEqual(['Backup', 'send-report']);
  expect(registry.all().map(({ name }) => name)).toEqual(['Backup', 'send-report']);
  for (const name of ['send-report', 'SendReport', 'SendReportJob', 'send_report']) {
    expect(registry.get(name).name).toBe('send-report');
  }
  expect(registry.find('report')).toBe(undefined);
});

test('EGO-24 two jobs of one name are refused with both places', () => {
  const registry = new Registry([named(job('sync'), 'sync', 'jobs/a.job.ts')]);
  expect(() => registry.add(named(job('sync'), 'sync', 'jobs/b.job.ts'))).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/sync.*jobs\/a\.job\.ts.*jobs\/b\.job\.ts/),
    }),
  );
});

test('EGO-24 names that differ only in case, hyphens or the ending Job are refused, saying so', () => {
  const registry = new Registry([job('hello-world')]);
  for (const name of ['HelloWorld', 'HelloWorldJob', 'hello-world-job']) {
    expect(() => registry.add(job(name))).toThrow(/differ only in case, hyphens or the ending Job/);
  }
  expect(registry.names()).toEqual(['hello-world']);
});

test('EGO-24 an empty name is refused', () => {
  expect(() => new Registry([defineJob({ run: () => 1 })])).toThrow(/empty name/);
});

test('EGO-3 an unknown name is told with the nearest one and the list of all', () => {
  const registry = new Registry([job('import-orders'), job('ping')]);
  expect(() => registry.get('import-order')).toThrow(
    expect.objectContaining({
      code: 'JOB_UNKNOWN',
      message: 'no job is called import-order; did you mean import-orders?',
      hint: 'known jobs: import-orders, ping',
      data: { name: 'import-order', nearest: 'import-orders', known: ['import-orders', 'ping'] },
    }),
  );
  expect(() => registry.get('backup')).toThrow('no job is called backup');
  expect(() => new Registry().get('backup')).toThrow(expect.objectContaining({ hint: 'known jobs: none' }));
});

test('a job that was removed is gone under each spelling, and its name is free', () => {
  const registry = new Registry([job('hello-world')]);
  registry.remove('hello-world');
  registry.remove('hello-world');
  expect(registry.find('HelloWorld')).toBe(undefined);
  registry.add(job('HelloWorld'));
  expect(registry.names()).toEqual(['HelloWorld']);
});

test('listeners hear each change until they stop listening', () => {
  const registry = new Registry();
  let heard = 0;
  const stop = registry.onChange(() => (heard += 1));
  registry.add(job('a'));
  registry.add(job('b'));
  registry.remove('a');
  registry.remove('never-there');
  expect(heard).toBe(3);
  stop();
  registry.remove('b');
  expect(heard).toBe(3);
});
