import { formatDuration } from '../../std/duration.ts';
import { shortId } from '../../std/id.ts';
import { printable } from '../../std/printable.ts';
import { isCallbackRun } from '../../job/callbacks.ts';
import type { Run, StepRecord } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import { block } from '../help/layout.ts';
import { resultText } from './result.ts';
import { waitingText } from './run-report.ts';
import { stateText, type ShownState } from './state.ts';
import { alignRows } from './table.ts';
import type { Terminal } from './terminal.ts';
import { formatAge, formatLocal, formatTook } from './time.ts';
import { oneLine } from './width.ts';

export interface RunPage {
  readonly now: number;
  /** How many steps there are; null where that is not known. */
  readonly stepsTotal: number | null;
  /** What the run started, in that order. */
  readonly children: readonly Run[];
}

/** A run for people: what it is, what came of it, its steps, its children. */
export function printRun(terminal: Terminal, run: Run, { now, stepsTotal, children }: RunPage): void {
  const { paint } = terminal;
  const parts = [`${paint.bold(run.job)}  ${stateText(run.state, paint)}\n`];
  parts.push(block('Run', alignRows(facts(run, now)), paint));
  if (run.input !== null && run.input !== '{}') parts.push(block('Input', jsonLines(run.input), paint));
  const output = run.state === 'succeeded' ? resultText(run, true) : null;
  if (output !== null) parts.push(block('Output', output.trimEnd().split('\n'), paint));
  if (run.error) {
    const { code, message, data, stack } = run.error;
    const lines = [`${paint.red(oneLine(code))}: ${printable(message)}`];
    if (data !== undefined) lines.push(`data: ${printable(JSON.stringify(data))}`);
    if (terminal.verbose && stack)
      lines.push(
        ...printable(stack)
          .split('\n')
          .map((line) => paint.dim(line)),
      );
    parts.push(block('Error', lines, paint));
  }
  if (run.steps && run.steps.length > 0) {
    const rows = run.steps.map((step) => stepRow(step, run, terminal, now));
    const done = run.steps.filter(({ state }) => state === 'succeeded').length;
    const title = stepsTotal === null ? 'Steps' : `Steps, ${done} of ${stepsTotal} done`;
    parts.push(block(title, alignRows(rows, { width: terminal.width - 2, cut: 3 }), paint));
  }
  if (children.length > 0) {
    const rows = children.map((child) => childRow(child, terminal, now));
    parts.push(block('Children', alignRows(rows, { width: terminal.width - 2, cut: 4 }), paint));
  }
  terminal.out(parts.join('\n'));
}

function childRow(child: Run, { paint, isWatched }: Terminal, now: number): string[] {
  const { id, job, state, error, key } = child;
  const name = isCallbackRun(child) ? 'callback' : (key ?? '');
  const what = error ? `${error.code}: ${error.message}` : name;
  const ref = isWatched ? shortId(id) : id;
  return [stateText(state, paint), job, paint.cyan(ref), formatTook(child, now), paint.dim(oneLine(what))];
}

function facts(run: Run, now: number): string[][] {
  const rows: (readonly [string, string | null])[] = [
    ['id', run.id],
    ['key', run.key],
    ['asked for by', run.trigger + (run.schedule === null ? '' : ` ${run.schedule}`)],
    ['created', `${formatLocal(run.createdAt)}, ${formatAge(run.createdAt, now)}`],
    ['due', run.state === 'queued' && run.dueAt !== null ? formatAge(run.dueAt, now) : null],
    ['took', formatTook(run, now) || null],
    ['attempt', run.attempt > 1 ? String(run.attempt) : null],
    ['crashes', run.crashes > 0 ? String(run.crashes) : null],
    ['waits for', run.state === 'waiting' ? waitingText(run.waitingFor) : null],
    ['progress', run.state === 'running' ? progressText(run) : null],
    ['priority', run.priority === 0 ? null : String(run.priority)],
    ['arguments', run.args.length > 0 ? run.args.join(' ') : null],
    ['node', run.node],
    ['trace', run.traceId],
    ['parent', run.parent],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [[name, oneLine(value)]]));
}

function progressText({ progress }: Run): string | null {
  if (!progress) return null;
  const percent = progress.fraction === null ? '' : `${Math.floor(progress.fraction * 100)} %`;
  return [percent, progress.text ?? ''].filter(Boolean).join(' ') || null;
}

function stepRow(step: StepRecord, run: Run, { paint }: Terminal, now: number): string[] {
  const took = formatDuration(Math.max(0, (step.finishedAt ?? run.finishedAt ?? now) - step.startedAt));
  return [stateText(stepState(step, run), paint), oneLine(step.key), took, paint.dim(storyOf(step, run, now))];
}

/** A step that only waits looks so; one that its run ended without is left over. */
function stepState({ state, kind }: StepRecord, run: Run): ShownState {
  if (state !== 'running') return state;
  if (isFinal(run.state)) return 'unfinished';
  return kind === 'step' ? 'running' : 'waiting';
}

function storyOf({ error, resumeAt, child, state, kind, tries, output }: StepRecord, run: Run, now: number): string {
  const hasParts = state === 'running' && output !== null; // pages, and each of them had its try
  const parts = [
    kind === 'step' ? '' : kind,
    tries > 1 && !hasParts ? `${tries} tries` : '',
    error ? `${error.code}: ${error.message}` : '',
    state === 'running' && resumeAt !== null && !isFinal(run.state) ? `at the latest ${formatAge(resumeAt, now)}` : '',
    child === null ? '' : `run ${child}`,
  ];
  return oneLine(parts.filter(Boolean).join(', '));
}

function jsonLines(text: string): string[] {
  return JSON.stringify(JSON.parse(text), null, 2).split('\n');
}
