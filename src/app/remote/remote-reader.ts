import { hasCode } from '../../job/errors.ts';
import type { Run } from '../../job/run.ts';
import { runOfView, type RunView } from '../../job/run-view.ts';
import { isFinal } from '../../job/state.ts';
import type { Clock } from '../../std/clock.ts';
import type { Client } from '../client/client.ts';
import { durationOption } from '../config/duration-option.ts';
import { waitTimedOut, type LinesOptions, type TailedLine, type WaitOptions } from '../client/run-reader.ts';
import { followLines } from './follow-lines.ts';
import { Patience } from './patience.ts';
import { runPath } from './run-path.ts';
import type { ServerLink } from './server-link.ts';

/** How a client of a server reads one run and follows it. */
export function createRemoteReader(link: ServerLink, clock: Clock): Pick<Client, 'get' | 'find' | 'wait' | 'lines'> {
  async function get(ref: string, options: { steps?: boolean } = {}): Promise<Run | null> {
    try {
      return await find(ref, options);
    } catch (error) {
      if (hasCode(error, 'RUN_UNKNOWN')) return null;
      throw error;
    }
  }

  function find(ref: string, options: { steps?: boolean } = {}): Promise<Run> {
    return findRun(ref, options);
  }

  /** The server is asked again and again to answer only when the run has ended. */
  async function wait(ref: string, { timeout, signal }: WaitOptions = {}): Promise<Run> {
    const limitMs = durationOption('timeout', timeout) ?? Infinity;
    const startedAt = clock.monotonic();
    const patience = new Patience(clock);
    let run = await findRun(ref, { signal });
    patience.seen();
    while (!isFinal(run.state)) {
      const leftMs = limitMs - (clock.monotonic() - startedAt);
      if (leftMs <= 0) throw waitTimedOut(run, limitMs);
      try {
        run = await findSoon(run, leftMs, signal);
        patience.seen();
      } catch (error) {
        await patience.forgive(error, signal);
      }
    }
    return run;
  }

  function lines(ref: string, options: LinesOptions = {}): AsyncGenerator<TailedLine> {
    const isOver = async (id: string) => isFinal((await find(id)).state);
    return followLines({ link, clock, isOver }, ref, options);
  }

  async function findRun(
    ref: string,
    wanted: { steps?: boolean; prefer?: string; signal?: AbortSignal | undefined },
  ): Promise<Run> {
    const { steps = false, prefer, signal } = wanted;
    const headers = prefer === undefined ? {} : { Prefer: prefer };
    const { steps: shown, ...view } = await link.act<RunView>('GET', runPath(ref), { headers, signal });
    return runOfView(steps && shown ? { ...view, steps: shown } : view);
  }

  /** The run when it has ended, or what it is after a while. */
  async function findSoon(run: Run, leftMs: number, signal: AbortSignal | undefined): Promise<Run> {
    const waitMs = Math.min(leftMs, longestWaitMs);
    const ended = new AbortController();
    const timer = clock.setTimer(waitMs + 1_000, () => ended.abort());
    const over = leftMs < 1_000 ? AbortSignal.timeout(Math.ceil(leftMs)) : ended.signal;
    try {
      const prefer = `wait=${Math.max(1, Math.floor(waitMs / 1_000))}`;
      return await findRun(run.id, { prefer, signal: signal ? AbortSignal.any([signal, over]) : over });
    } catch (error) {
      if (over.aborted && !signal?.aborted) return run;
      throw error;
    } finally {
      timer.cancel();
    }
  }

  return { get, find, wait, lines };
}

/** Shorter than what proxies grant a silent answer. */
const longestWaitMs = 30_000;
