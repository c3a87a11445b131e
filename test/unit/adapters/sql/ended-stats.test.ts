import { expect, test } from 'vitest';
import {
  endedStats,
  lookedSince,
  windowOf,
  type CountedEnds,
  type EndedWindow,
} from '../../../../src/adapters/sql/ended-stats.ts';

/** From 1,000 to 2,000 in four parts; 20 ends of each outcome are counted, two are looked at. */
const window: EndedWindow = { since: 1_000, parts: 4, partMs: 250, counted: 20, looked: 2 };
const ends = (part: number, n: number, oldest: number): CountedEnds => ({ state: 'succeeded', part, n, oldest });
const none = { jobsSince: window.since, groups: [] };

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
  const { outcomes } = endedStats(window, [ends(0, 3, 1_000), ends(3, 2, 1_800)], none);
  expect(outcomes.succeeded).toEqual({ since: 1_000, runs: 5, series: [3, 0, 0, 2] });
  expect(outcomes.failed).toEqual({ since: 1_000, runs: 0, series: [0, 0, 0, 0] });
});

test('what ended while the question was on its way belongs to the last part', () => {
  expect(endedStats(window, [ends(4, 1, 2_003)], none).outcomes.succeeded.series).toEqual([0, 0, 0, 1]);
});

test('where as many are counted as may be, what lies before the first of them is not known', () => {
  const { outcomes } = endedStats(window, [ends(2, 5, 1_600), ends(3, 15, 1_750)], none);
  expect(outcomes.succeeded).toEqual({ since: 1_600, runs: 20, series: [null, null, 5, 15] });
  expect(outcomes.failed.since).toBe(1_000);
});

test('jobs are told of the time in which no outcome has more ends than are looked at', () => {
  expect(lookedSince(window, [])).toBe(1_000);
  expect(lookedSince(window, [{ edge: 1_800 }, { edge: 1_200 }])).toBe(1_801);
});

test('ends are put together by job; durations are those of runs that succeeded, and began', () => {
  const took = Array.from({ length: 100 }, (_, i) => 100 - i);
  const { jobsSince, jobs } = endedStats(window, [], {
    jobsSince: 1_500,
    groups: [
      { state: 'succeeded', job: 'work', n: 101, took: [...took, null] },
      { state: 'failed', job: 'work', n: 1, took: [999] },
      { state: 'succeeded', job: 'other', n: 1, took: [null] },
      { state: 'cancelled', job: 'other', n: 2, took: null },
    ],
  });
  expect(jobsSince).toBe(1_500);
  expect(jobs).toEqual([
    { job: 'other', succeeded: 1, failed: 0, cancelled: 2, p50Ms: null, p95Ms: null },
    { job: 'work', succeeded: 101, failed: 1, cancelled: 0, p50Ms: 50, p95Ms: 95 },
  ]);
});

test('of more than a thousand jobs those with most ends are told', () => {
  const groups = Array.from({ length: 1_001 }, (_, i) => ({
    state: 'failed' as const,
    job: `job-${i}`,
    n: i === 0 ? 1 : 2,
    took: null,
  }));
  const { jobs } = endedStats(window, [], { jobsSince: 1_000, groups });
  expect(jobs.length).toBe(1_000);
  expect(jobs.some(({ job }) => job === 'job-0')).toBe(false);
});
