import { expect, test } from 'vitest';
import {
  endedStats,
  windowOf,
  type CountedEnds,
  type EndedRow,
  type EndedWindow,
} from '../../../../src/adapters/sql/ended-stats.ts';

/** From 1,000 to 2,000 in four parts; 20 ends of each outcome are counted, two are looked at. */
const window: EndedWindow = { since: 1_000, parts: 4, partMs: 250, counted: 20, looked: 2 };
const ends = (part: number, n: number, oldest: number): CountedEnds => ({ state: 'succeeded', part, n, oldest });
const ended = (over: Partial<EndedRow>): EndedRow => {
  return { state: 'succeeded', startedAt: 1_500, finishedAt: 1_600, job: 'work', ...over };
};

test('the window ends now and has equal parts', () => {
  expect(windowOf({ windowMs: 1_001, parts: 4, atMost: 5 }, 10_000)).toEqual({
    since: 9_000,
    parts: 4,
    partMs: 250,
    counted: 50,
    looked: 5,
  });
});

test('counts go to the parts they fell into', () => {
  const { outcomes } = endedStats(window, [ends(0, 3, 1_000), ends(3, 2, 1_800)], []);
  expect(outcomes.succeeded).toEqual({ since: 1_000, runs: 5, series: [3, 0, 0, 2] });
  expect(outcomes.failed).toEqual({ since: 1_000, runs: 0, series: [0, 0, 0, 0] });
});

test('what ended while the question was on its way belongs to the last part', () => {
  expect(endedStats(window, [ends(4, 1, 2_003)], []).outcomes.succeeded.series).toEqual([0, 0, 0, 1]);
});

test('where as many are counted as may be, what lies before the first of them is not known', () => {
  const { outcomes } = endedStats(window, [ends(2, 5, 1_600), ends(3, 15, 1_750)], []);
  expect(outcomes.succeeded).toEqual({ since: 1_600, runs: 20, series: [null, null, 5, 15] });
  expect(outcomes.failed.since).toBe(1_000);
});

test('jobs are told of the time in which no outcome was cut off', () => {
  const rows = [
    ended({ finishedAt: 1_900 }),
    ended({ finishedAt: 1_800 }),
    ended({ state: 'failed', finishedAt: 1_850 }),
    ended({ state: 'cancelled', finishedAt: 1_200 }),
  ];
  const { jobsSince, jobs } = endedStats(window, [], rows);
  expect(jobsSince).toBe(1_801);
  expect(jobs).toEqual([{ job: 'work', succeeded: 1, failed: 1, cancelled: 0, p50Ms: 400, p95Ms: 400 }]);
});

test('durations are those of runs that succeeded, and began', () => {
  const many = { ...window, looked: 1_000 };
  const rows = Array.from({ length: 100 }, (_, i) => ended({ startedAt: 1_500, finishedAt: 1_501 + i }));
  rows.push(
    ended({ state: 'failed', startedAt: 1_000, finishedAt: 1_999 }),
    ended({ job: 'other', startedAt: null }),
    ended({ job: null }),
  );
  const { jobs } = endedStats(many, [], rows);
  expect(jobs).toEqual([
    { job: 'other', succeeded: 1, failed: 0, cancelled: 0, p50Ms: null, p95Ms: null },
    { job: 'work', succeeded: 100, failed: 1, cancelled: 0, p50Ms: 50, p95Ms: 95 },
  ]);
});

test('of more than a thousand jobs those with most ends are told', () => {
  const many = { ...window, looked: 10_000 };
  const rows = Array.from({ length: 1_001 }, (_, i) => ended({ job: `job-${i}` }));
  rows.push(...Array.from({ length: 1_000 }, (_, i) => ended({ job: `job-${i + 1}` })));
  const { jobs } = endedStats(many, [], rows);
  expect(jobs.length).toBe(1_000);
  expect(jobs.some(({ job }) => job === 'job-0')).toBe(false);
});
