import { OnejobError } from '../../job/errors.ts';
import { nearest } from '../../job/name.ts';
import { runView, type Run } from '../../job/run.ts';
import { isRunState, isTrigger, runStates, type RunState } from '../../job/state.ts';
import type { App } from '../../app/app.ts';
import type { RunQuery } from '../../ports/store-query.ts';
import { shortId } from '../../std/id.ts';
import type { Given } from '../arguments/given.ts';
import { readInstant } from '../arguments/instant.ts';
import type { Call } from '../command.ts';
import { waitingWords } from '../print/run-report.ts';
import { stateWord } from '../print/state.ts';
import { printTable } from '../print/table.ts';
import { formatAge, formatInstant, formatTook } from '../print/time.ts';
import { oneLine } from '../print/width.ts';
import { withApp } from '../session.ts';

/** `onejob runs list`: newest first, a page at a time. */
export function execute(call: Call): Promise<number> {
  const { terminal, given } = call;
  return withApp(call, async ({ app }) => {
    const query = readQuery(given, Date.now());
    const { items, next } = await app.client.list({ ...query, ...(await jobOf(given, app)) });
    if (terminal.json) {
      terminal.outJson({ v: 1, items: items.map(runView), next });
      return 0;
    }
    if (items.length === 0) terminal.talk('no run is like that');
    printRuns(call, items);
    if (next !== null) terminal.talk(terminal.talkPaint.dim(`more: add --cursor ${next}`));
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
      { title: 'state', cell: ({ state }) => stateWord(state, paint), plain: ({ state }) => state },
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
      { title: 'key', cell: ({ key }) => key ?? '' },
      { title: 'what', cell: whatOf, cut: true },
    ],
    runs,
  );
}

/** The most telling thing about a run in a few words: its failure, what it waits for, how far it is. */
function whatOf({ error, waitingFor, progress, state }: Run): string {
  if (error) return oneLine(error.code === 'JOB_FAILED' ? error.message : `${error.code}: ${error.message}`);
  if (state === 'waiting') return `for ${waitingWords(waitingFor)}`;
  if (state !== 'running' || !progress) return '';
  const percent = progress.fraction === null ? '' : `${Math.floor(progress.fraction * 100)} %`;
  return [percent, progress.text ?? ''].filter(Boolean).join(' ');
}

/** The name as it is stored: `HelloWorld` means `hello-world` here too, where that job is known. */
async function jobOf(given: Given, app: App): Promise<Partial<RunQuery>> {
  const name = given.text('job');
  if (name === undefined) return {};
  await app.loadJobs();
  return { job: app.registry.find(name)?.name ?? name };
}

function readQuery(given: Given, now: number): Partial<RunQuery> {
  const states = given
    .list('state')
    .flatMap((list) => list.split(','))
    .map((name) => readState(name.trim()));
  const trigger = given.text('trigger');
  const since = given.text('since');
  const [key, cursor] = [given.text('key'), given.text('cursor')];
  return {
    limit: given.whole('limit') ?? 20,
    ...(states.length > 0 && { states }),
    ...(trigger !== undefined && isTrigger(trigger) && { trigger }),
    ...(key !== undefined && { key }),
    ...(since !== undefined && { since: readInstant(since, now, '--since') }),
    ...(cursor !== undefined && { cursor }),
  };
}

function readState(name: string): RunState {
  if (isRunState(name)) return name;
  const near = nearest(name, runStates);
  throw new OnejobError(
    'USAGE',
    `--state is one of ${runStates.join(', ')}, not '${name}'${near ? `; did you mean ${near}?` : ''}`,
  );
}
