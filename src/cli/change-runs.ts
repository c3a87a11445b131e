import type { Client } from '../app/client/client.ts';
import { applyToAll, findAll, type Changed, type RunFilter, type Verdict } from '../app/client/many-runs.ts';
import type { Run } from '../job/run.ts';
import { runView } from '../job/run-view.ts';
import { runStates, type RunState } from '../job/state.ts';
import type { ActionResult } from '../ports/store-action.ts';
import { shortId } from '../std/id.ts';
import { usage } from './arguments/flag.ts';
import type { Call } from './call.ts';
import { signalExits } from './exit-code.ts';
import { canConfirm, confirm } from './print/confirm.ts';
import { stateText } from './print/state.ts';
import { printTable } from './print/table.ts';
import { formatAge, formatInstant } from './print/time.ts';
import { readFilter } from './run-filter.ts';
import { withApp } from './session.ts';

/** Something that is done to a run, or to all that a filter finds. */
export interface Change {
  readonly verb: 'cancel' | 'retry' | 'restart';
  readonly done: 'cancelled' | 'queued again';
  /** States in which it can be done. */
  readonly states: readonly RunState[];
  /** @throws RUN_UNKNOWN, RUN_ACTIVE, RUN_FINISHED, STEP_UNKNOWN */
  readonly apply: (client: Client, id: string) => Promise<ActionResult>;
  /** What a person is told of one run. */
  readonly help: (run: Run, verdict: ActionResult['verdict'], ref: string) => string;
}

/**
 * Does it to the run that is named, at once; or to all that the filter finds, after `--yes` or a confirmation. Exit 1
 * when the answer was no, or when some of several could not be changed for a reason of their own.
 * @throws USAGE unless there is a run or a filter, and a way to confirm
 */
export function changeRuns(call: Call, change: Change): Promise<number> {
  const { positionals, flags } = call;
  const [ref] = positionals;
  const filtering = filterFlags.filter((name) => flags.has(name));
  const filterNames = filterFlags.map((name) => `--${name}`).join(', ');
  return withApp(call, async ({ app }) => {
    if (ref === undefined && filtering.length === 0) {
      return usage(
        `onejob runs ${change.verb} needs a run, or a filter: ${filterNames}`,
        'onejob runs list shows the runs',
      );
    }
    if (ref !== undefined && filtering.length > 0) {
      return usage(`onejob runs ${change.verb} takes a run or a filter (--${filtering[0]}), not both`);
    }
    if (ref !== undefined && !flags.on('dry-run')) return changeOne(call, change, app.client, ref);
    const { runs, more } =
      ref === undefined
        ? await findAll(
            app.client,
            change.verb,
            filterFor(change, await readFilter(flags, app)),
            flags.whole('limit') ?? max,
          )
        : { runs: [await app.client.find(ref)], more: false };
    return changeMany(call, change, app.client, { runs, more });
  });
}

async function changeOne({ terminal }: Call, change: Change, client: Client, ref: string): Promise<number> {
  const { verdict } = await change.apply(client, ref);
  const run = await client.find(ref);
  if (terminal.json) terminal.outJson({ v: 1, ...runView(run) });
  else terminal.info(change.help(run, verdict, terminal.infoSide.isWatched ? shortId(run.id) : run.id));
  return 0;
}

async function changeMany(
  call: Call,
  change: Change,
  client: Client,
  { runs, more }: { runs: readonly Run[]; more: boolean },
): Promise<number> {
  const { terminal, flags, interruption } = call;
  if (flags.on('dry-run')) return printOnly(call, change, runs, more);
  if (runs.length > 0 && !flags.on('yes')) {
    const what = `${change.verb} ${counted(runs)}`;
    if (!canConfirm(terminal)) return usage(`this would ${what}: --yes does it, --dry-run only lists them`);
    if (!(await confirm(terminal, `${what}?`, interruption.signal))) {
      terminal.info('nothing was changed');
      return interruption.by === null ? 1 : signalExits[interruption.by];
    }
  }
  const changed = await applyToAll(runs, (id) => change.apply(client, id), interruption.signal);
  if (terminal.json) terminal.outJson({ v: 1, items: changed });
  else printChanged(call, change, changed);
  if (more) terminal.info(`there are more than ${runs.length} of them: do it again for the rest`);
  if (interruption.by !== null) return signalExits[interruption.by];
  return changed.some(({ verdict }) => verdict === 'step-unknown') ? 1 : 0;
}

function printOnly({ terminal }: Call, change: Change, runs: readonly Run[], more: boolean): number {
  const items = runs.map(({ id, job, state }) => ({ id, job, state, verdict: null }));
  if (terminal.json) terminal.outJson({ v: 1, dryRun: true, items });
  else printRuns(terminal, runs);
  terminal.info(`this would ${change.verb} ${more ? 'the first ' : ''}${counted(runs)}; nothing was changed`);
  return 0;
}

function printRuns(terminal: Call['terminal'], runs: readonly Run[]): void {
  const { paint } = terminal;
  const now = Date.now();
  printTable<Run>(
    terminal,
    [
      { title: 'run', cell: ({ id }) => paint.cyan(shortId(id)), plain: ({ id }) => id },
      { title: 'job', cell: ({ job }) => job },
      { title: 'state', cell: ({ state }) => stateText(state, paint), plain: ({ state }) => state },
      {
        title: 'created',
        cell: ({ createdAt }) => formatAge(createdAt, now),
        plain: ({ createdAt }) => formatInstant(createdAt),
      },
      { title: 'key', cell: ({ key }) => key ?? '', cut: true },
    ],
    runs,
  );
}

/** Piped, a line a run; for people how many came to what. */
function printChanged({ terminal }: Call, change: Change, changed: readonly Changed[]): void {
  const positionals: Readonly<Record<Verdict, string>> = {
    done: change.done,
    pending: 'asked to end',
    finished: 'had ended already',
    active: 'not finished',
    unknown: 'gone',
    'step-unknown': 'without that step',
    full: 'with a full mailbox',
  };
  if (!terminal.isWatched) {
    const columns = (['id', 'job', 'verdict'] as const).map((name) => ({
      title: name,
      cell: (item: Changed) => item[name],
    }));
    printTable(terminal, columns, changed);
  }
  const counts = verdicts
    .map((verdict) => ({ verdict, count: changed.filter((each) => each.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${positionals[verdict]}`);
  terminal.info(counts.length === 0 ? 'no run is like that' : counts.join(', '));
}

/** `3 queued runs`, `12 runs (8 queued, 4 running)` */
function counted(runs: readonly Run[]): string {
  const states = runStates
    .map((state) => ({ state, count: runs.filter((run) => run.state === state).length }))
    .filter(({ count }) => count > 0);
  const [only, ...others] = states;
  if (!only) return 'no run';
  if (others.length === 0) return runs.length === 1 ? `one ${only.state} run` : `${runs.length} ${only.state} runs`;
  return `${runs.length} runs (${states.map(({ state, count }) => `${count} ${state}`).join(', ')})`;
}

/** Adds the states that can be changed so to the filter, and refuses others. @throws USAGE */
function filterFor({ verb, states }: Change, filter: RunFilter): RunFilter {
  const wrong = filter.states?.find((state) => !states.includes(state));
  if (wrong) usage(`--state ${wrong}: onejob runs ${verb} is for runs that are ${states.join(', ')}`);
  return { ...filter, states: filter.states ?? states };
}

const verdicts: readonly Verdict[] = ['done', 'pending', 'finished', 'active', 'unknown', 'step-unknown'];
const filterFlags = ['job', 'state', 'trigger', 'key', 'since'] as const;
const max = 10_000;
