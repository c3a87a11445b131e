import { describe, expect, test } from 'vitest';
import { exitCodes, exitOfError, exitOfRuns } from '../../../src/cli/exit-code.ts';
import { errorTable, OnejobError, type ErrorCode } from '../../../src/job/errors.ts';
import type { Run } from '../../../src/job/run.ts';

const run = (state: Run['state'], code?: string) =>
  ({ state, error: code === undefined ? null : { code, message: '' } }) as Run;

describe('exit codes', () => {
  test('there is one for every code of the table', () => {
    expect(Object.keys(exitCodes).toSorted()).toEqual(Object.keys(errorTable).toSorted());
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      expect(exitOfError(new OnejobError(code, 'x'))).toBe(exitCodes[code]);
    }
    expect(exitOfError(new TypeError('x'))).toBe(1);
  });

  test('EGO-4 a run ends as its outcome says', () => {
    expect(exitOfRuns([run('succeeded')], null)).toBe(0);
    expect(exitOfRuns([run('failed', 'JOB_FAILED')], null)).toBe(1);
    expect(exitOfRuns([run('failed', 'USER_NOT_FOUND')], null)).toBe(1);
    expect(exitOfRuns([run('failed', 'RUN_TIMED_OUT')], null)).toBe(124);
    expect(exitOfRuns([run('cancelled', 'RUN_CANCELLED')], null)).toBe(1);
    expect(exitOfRuns([run('cancelled', 'RUN_INTERRUPTED')], 'SIGINT')).toBe(130);
    expect(exitOfRuns([run('cancelled', 'RUN_INTERRUPTED')], 'SIGTERM')).toBe(143);
    expect(exitOfRuns([run('waiting')], 'SIGINT')).toBe(75);
  });

  test('a job that waited in vain has failed; only our own waiting is 75', () => {
    expect(exitOfRuns([run('failed', 'WAIT_TIMED_OUT')], null)).toBe(1);
    expect(exitOfError(new OnejobError('WAIT_TIMED_OUT', 'x'))).toBe(75);
  });

  test('EGO-2 of several, 1 if any failed', () => {
    expect(exitOfRuns([run('succeeded'), run('succeeded')], null)).toBe(0);
    expect(exitOfRuns([run('succeeded'), run('failed', 'RUN_TIMED_OUT')], null)).toBe(1);
    expect(exitOfRuns([run('waiting'), run('failed', 'JOB_FAILED')], null)).toBe(1);
    expect(exitOfRuns([run('waiting'), run('succeeded')], 'SIGINT')).toBe(75);
    expect(exitOfRuns([run('succeeded'), run('cancelled', 'RUN_INTERRUPTED')], 'SIGTERM')).toBe(143);
  });
});
