import type { EndedView, JobStatsView, LiveView, NodesView, StatsView } from '../../app/views/stats-view.ts';
import { pauseOfView } from '../../app/remote/read-views.ts';
import { formatDuration } from '../../std/duration.ts';
import type { Call } from '../call.ts';
import { pauseText } from '../pausing.ts';
import type { Paint } from '../print/paint.ts';
import { sparkline } from '../print/sparkline.ts';
import { alignRows, printTable, type Column } from '../print/table.ts';
import { formatLocal } from '../print/time.ts';
import { withApp } from '../session.ts';

/** `onejob stats`: what waits, what runs and what ended lately; piped, the jobs only. */
export function execute(call: Call): Promise<number> {
  const { terminal, flags } = call;
  return withApp(call, async ({ app }) => {
    const since = flags.duration('since');
    const stats = await app.client.stats(since === undefined ? {} : { since });
    if (terminal.json) {
      terminal.outJson({ v: 1, ...stats });
      return 0;
    }
    if (terminal.isWatched) terminal.out(`${alignRows(summaryOf(stats, terminal.paint)).join('\n')}\n`);
    if (terminal.isWatched && stats.jobs.length > 0) terminal.out('\n');
    printTable(terminal, columns(stats, terminal.paint), stats.jobs);
    if (stats.ended.jobsSince > stats.ended.since) {
      terminal.info(`much has ended: the numbers by job begin at ${formatLocal(Date.parse(stats.ended.jobsSince))}`);
    }
    return 0;
  });
}

function summaryOf({ live, ended, nodes, pauses }: StatsView, paint: Paint): string[][] {
  const rows = [
    ['now', liveText(live, paint)],
    ...endedRows(ended, paint),
    ['nodes', nodesText(nodes, paint)],
    ...pauses.map((pause) => ['paused', paint.yellow(`${pause.type} ${pause.name} ${pauseText(pauseOfView(pause))}`)]),
  ];
  return rows.map(([name = '', positionals = '']) => [paint.dim(name), positionals]);
}

function liveText({ due, oldestDueAgeMs, later, waiting, running, isPartial }: LiveView, paint: Paint): string {
  const oldest = oldestDueAgeMs === null ? '' : `, the oldest for ${formatDuration(oldestDueAgeMs)}`;
  const positionals = `${number(running)} running, ${number(due)} due${oldest}, ${number(later)} later, ${number(waiting)} waiting`;
  return isPartial ? `${positionals} ${paint.dim('(at least)')}` : positionals;
}

function endedRows(ended: EndedView, paint: Paint): string[][] {
  const { partMs, succeeded, failed, cancelled, failureShare } = ended;
  const length = formatDuration(partMs * succeeded.series.length);
  const counts = [
    `${number(succeeded.runs)} succeeded${later(succeeded.since, ended)}`,
    failed.runs === 0 ? '0 failed' : paint.red(`${number(failed.runs)} failed${later(failed.since, ended)}`),
    `${number(cancelled.runs)} cancelled${later(cancelled.since, ended)}`,
  ];
  if (failureShare !== null && failed.runs > 0) counts.push(`${percent(failureShare)} fail`);
  const rows = [[`last ${length}`, counts.join(', ')]];
  if (succeeded.runs > 0) rows.push(['', `${sparkline(succeeded.series)} ${paint.dim('succeeded')}`]);
  if (failed.runs > 0) rows.push(['', `${paint.red(sparkline(failed.series))} ${paint.dim('failed')}`]);
  return rows;
}

/** Where not all of the time is counted. */
function later(since: string, ended: EndedView): string {
  return since > ended.since ? ` since ${formatLocal(Date.parse(since))}` : '';
}

function nodesText({ alive, stalled, drained, slots, usedSlots }: NodesView, paint: Paint): string {
  return [
    `${alive} alive`,
    ...(stalled > 0 ? [paint.red(`${stalled} stalled`)] : []),
    ...(drained > 0 ? [paint.yellow(`${drained} drained`)] : []),
    `${number(usedSlots)} of ${number(slots)} slots taken`,
  ].join(', ');
}

/** On a terminal a number that is nothing stays empty, and so does a column of such. */
function columns({ live }: StatsView, paint: Paint): Column<JobStatsView>[] {
  const atLeast = live.isPartial ? '≥ ' : '';
  const count = (title: string, of: (job: JobStatsView) => number, mark = ''): Column<JobStatsView> => ({
    title,
    cell: (job) => (of(job) === 0 ? '' : `${mark}${number(of(job))}`),
    plain: (job) => String(of(job)),
  });
  const length = (title: string, of: (job: JobStatsView) => number | null): Column<JobStatsView> => ({
    title,
    cell: (job) => asText(of(job), formatDuration),
    plain: (job) => asText(of(job), String),
  });
  return [
    { title: 'job', cell: ({ job }) => paint.bold(job), plain: ({ job }) => job },
    count('running', ({ running }) => running),
    count('due', ({ due }) => due, atLeast),
    length('oldest', ({ oldestDueAgeMs }) => oldestDueAgeMs),
    count('later', ({ later: number }) => number, atLeast),
    count('waiting', ({ waiting }) => waiting, atLeast),
    count('succeeded', ({ succeeded }) => succeeded),
    { ...count('failed', ({ failed }) => failed), cell: ({ failed }) => paint.red(failed === 0 ? '' : number(failed)) },
    count('cancelled', ({ cancelled }) => cancelled),
    {
      title: 'fail',
      cell: ({ failed, failureShare }) => (failed === 0 ? '' : asText(failureShare, percent)),
      plain: ({ failureShare }) => asText(failureShare, (share) => share.toFixed(4)),
    },
    length('p50', ({ p50Ms }) => p50Ms),
    length('p95', ({ p95Ms }) => p95Ms),
    {
      title: 'paused',
      cell: ({ paused }) => paint.yellow(paused ? '◌ paused' : ''),
      plain: ({ paused }) => (paused ? 'paused' : ''),
    },
  ];
}

function asText(value: number | null, positionals: (value: number) => string): string {
  return value === null ? '' : positionals(value);
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function percent(share: number): string {
  return `${share > 0 && share < 0.001 ? '< 0.1' : (100 * share).toFixed(1)} %`;
}
