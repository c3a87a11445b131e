import { formatDuration } from '../../std/duration.ts';
import { shortId } from '../../std/id.ts';
import { printable } from '../../std/printable.ts';
import type { RunWatcher } from '../../app/execute.ts';
import type { OutputLine } from '../../job/output-line.ts';
import type { Progress, Run, RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { Log } from '../../ports/log.ts';
import type { Logs } from '../logs.ts';
import { progressLine } from './progress-bar.ts';
import { printResult } from './result.ts';
import { stateSign } from './state.ts';
import type { Terminal } from './terminal.ts';
import { formatAge } from './time.ts';
import { oneLine } from './width.ts';

interface Shown {
  readonly job: string;
  readonly created: boolean;
  readonly startedMs: number;
  readonly log: Log;
  progress: Progress | null;
  waiting?: NodeJS.Timeout;
}

const tickMs = 250;
const reportMs = 700;

/**
 * Tells on the terminal what happens to runs while it happens (contracts EGO-2, EGO-7): their lines, their progress,
 * what they wait for, and each result when its run ends.
 */
export class RunReport implements RunWatcher {
  readonly #terminal: Terminal;
  readonly #logs: Logs;
  readonly #several: boolean;
  readonly #shown = new Map<RunId, Shown>();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(from: { terminal: Terminal; logs: Logs; several: boolean }) {
    this.#terminal = from.terminal;
    this.#logs = from.logs;
    this.#several = from.several;
    if (from.terminal.live) this.#timer = setInterval(() => this.#tick(), tickMs).unref();
  }

  onStart({ id, job, created, traceId }: { id: RunId; job: string; created: boolean; traceId: string }): void {
    const brief = this.#several ? { job } : {};
    const log = this.#logs.runs.child(this.#logs.isBrief ? brief : { job, run: id, traceId });
    this.#shown.set(id, { job, created, startedMs: performance.now(), log, progress: null });
  }

  onLine(run: RunId, { stream, level, text, fields }: OutputLine): void {
    const shown = this.#shown.get(run);
    if (stream === 'log') return shown?.log[level](text, fields);
    const line = this.#several && shown ? `${shown.job} | ${text}` : text;
    if (stream === 'stdout' && !this.#terminal.json) this.#terminal.out(`${line}\n`);
    else this.#terminal.complain(line);
  }

  onProgress(run: RunId, progress: Progress): void {
    const shown = this.#shown.get(run);
    if (!shown) return;
    shown.progress = progress;
    this.#draw(run, shown);
  }

  /** Said only when it lasts: the pause before another try of a step is no news. */
  onWaiting(run: RunId, waitingFor: readonly string[]): void {
    const shown = this.#shown.get(run);
    if (!shown) return;
    const what = waitingText(waitingFor);
    const isLeft = !waitingFor.some((each) => /(?:^|: )run of /.test(each)); // a child that runs here takes it along
    clearTimeout(shown.waiting);
    shown.waiting = setTimeout(() => {
      this.#terminal.info(
        `${shown.job} waits for ${what}${isLeft ? '; Ctrl-C leaves it waiting' : ''} (run ${this.#idOf(run)})`,
      );
    }, reportMs).unref();
  }

  onEnd(run: Run): void {
    const shown = this.#shown.get(run.id);
    clearTimeout(shown?.waiting);
    this.#shown.delete(run.id);
    this.#terminal.live?.set(run.id, undefined);
    if (!isFinal(run.state)) return;
    if (run.state !== 'succeeded') return printFailure(this.#terminal, run);
    if (!this.#terminal.json) printResult(this.#terminal, run, this.#several);
    if (this.#several || this.#terminal.infoSide.isWatched) this.#terminal.info(this.#successLine(run, shown));
  }

  end(): void {
    clearInterval(this.#timer);
    this.#terminal.end();
  }

  #successLine(run: Run, shown: Shown | undefined): string {
    const paint = this.#terminal.infoSide.paint;
    const took = run.startedAt === null || run.finishedAt === null ? 0 : run.finishedAt - run.startedAt;
    const when =
      shown?.created === false && run.finishedAt !== null
        ? `succeeded before, ${formatAge(run.finishedAt, Date.now())}`
        : `succeeded in ${formatDuration(took)}`;
    return `${stateSign('succeeded', paint)} ${run.job} ${when}${paint.dim(`  run ${this.#idOf(run.id)}`)}`;
  }

  #idOf(id: RunId): string {
    return this.#terminal.infoSide.isWatched ? shortId(id) : id;
  }

  #tick(): void {
    for (const [run, shown] of this.#shown) {
      if (shown.progress || performance.now() - shown.startedMs >= 1_000) this.#draw(run, shown);
    }
  }

  #draw(run: RunId, shown: Shown): void {
    const { job, progress, startedMs } = shown;
    const line = progressLine({ job, progress, ms: performance.now() - startedMs }, this.#terminal.infoSide.paint);
    this.#terminal.live?.set(run, line);
  }
}

/** What a run waits for, without the keys of its steps: `event approved`. */
export function waitingText(waitingFor: readonly string[]): string {
  return waitingFor.map((text) => text.replace(/^.*?: /, '')).join(', ') || 'a word from outside';
}

/** Why a run did not succeed: code, text and data of the failure (contracts EGO-4, SJ-16). */
export function printFailure(terminal: Terminal, run: Run): void {
  const paint = terminal.infoSide.paint;
  const { code, message, data, stack } = run.error ?? { code: 'JOB_FAILED', message: `it ended ${run.state}` };
  const verb = run.state === 'cancelled' ? 'was cancelled' : code === 'RUN_TIMED_OUT' ? 'timed out' : 'failed';
  const attempts = run.attempt > 1 ? ` after ${run.attempt} attempts` : '';
  const shownCode = code === 'JOB_FAILED' ? '' : paint.dim(` (${oneLine(code)})`);
  const which = terminal.infoSide.isWatched ? paint.dim(`  run ${shortId(run.id)}`) : '';
  terminal.complain(`${paint.red('onejob:')} ${run.job} ${verb}${attempts}: ${printable(message)}${shownCode}${which}`);
  if (data !== undefined) terminal.complain(`  data: ${printable(JSON.stringify(data))}`);
  if (stack && terminal.verbose) terminal.complain(paint.dim(printable(stack)));
}
