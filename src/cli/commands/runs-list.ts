import type { Run } from '../../job/run.ts';
import { runView } from '../../job/run-view.ts';
import { shortId } from '../../std/id.ts';
import type { Call } from '../call.ts';
import { waitingText } from '../print/run-report.ts';
import { stateText } from '../print/state.ts';
import { printTable } from '../print/table.ts';
import { formatAge, formatInstant, formatTook } from '../print/time.ts';
import { oneLine } from '../print/width.ts';
import { readFilter } from '../run-filter.ts';
import { withApp } from '../session.ts';

/** `onejob runs list`: newest first, a page at a time. */
export function execute(call: Call): Promise<number> {
  const { terminal, flags } = call;
  return withApp(call, async ({ app }) => {
    const cursor = flags.text('cursor');
    const query = { ...(await readFilter(flags, app)), limit: flags.whole('limit') ?? 20 };
    const { items, next } = await app.client.list(cursor === undefined ? query : { ...query, cursor });
    if (terminal.json) {
      terminal.outJson({ v: 1, items: items.map(runView), next });
      return 0;
    }
    if (items.length === 0) terminal.info('no run is like that');
    printRuns(call, items);
    if (next !== null) terminal.info(terminal.infoSide.paint.dim(`more: add --cursor ${next}`));
    return 0;
  });
}

function printRuns({ terminal }: Call, runs: readonly Run[]): void {
  const { paint } = terminal;
  const now = Date.now();
  printTable<Run>(
    terminal,
    [
      { title: 'run', cell: ({ id }) => paint.cyan(shortId(id)), plain: ({ id }) => id },
      { title: 'job', cell: ({ job }) => job },
      { title: 'state', cell: ({ state }) => stateText(state, paint), plain: ({ state }) => state },
      { title: 'by', cell: ({ trigger }) => trigger },
      {
        title: 'created',
        cell: ({ createdAt }) => formatAge(createdAt, now),
        plain: ({ createdAt }) => formatInstant(createdAt),
      },
      {
        title: 'took',
        cell: (run) => formatTook(run, now),
        plain: ({ startedAt, finishedAt }) =>
          startedAt === null || finishedAt === null ? '' : String(finishedAt - startedAt),
      },
      { title: 'key', cell: ({ key }) => oneLine(key ?? '') },
      { title: 'what', cell: (run) => oneLine(whatOf(run)), cut: true },
    ],
    runs,
  );
}

/** The most telling thing about a run in a few words: its failure, what it waits for, how far it is. */
function whatOf({ error, waitingFor, progress, state }: Run): string {
  if (error) return error.code === 'JOB_FAILED' ? error.message : `${error.code}: ${error.message}`;
  if (state === 'waiting') return `for ${waitingText(waitingFor)}`;
  if (state !== 'running' || !progress) return '';
  const percent = progress.fraction === null ? '' : `${Math.floor(progress.fraction * 100)} %`;
  return [percent, progress.text ?? ''].filter(Boolean).join(' ');
}
