import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { isFinal, type FinalState, type Trigger } from '../../job/state.ts';
import type { AttemptEnd } from '../../ports/attempt-end.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Claim } from '../../ports/store-claim.ts';

/** Counts what the engine of one process tells. The names are listed in docs/guide/operating.md. */
export class EngineMetrics implements Meter {
  readonly #attempts: Counter<'job' | 'trigger'>;
  readonly #runs: Counter<'job' | 'trigger' | 'outcome'>;
  readonly #durations: Histogram<'job' | 'outcome'>;
  readonly #zombieHandler: Counter<'job'>;
  readonly #zombies: Gauge<'job'>;
  readonly #internalErrors: Counter<'job'>;
  readonly #goingOn = new Map<string, number>();
  readonly #knows: (job: string) => boolean;
  readonly #groups: Histogram<'batcher'>;
  readonly #commits: Histogram<'batcher'>;
  readonly #heartbeats: Counter<'result'>;
  readonly #dead: Counter;
  readonly #takeovers: Counter;
  readonly #evicted: Counter;

  /** `knows`: anybody may ask for a run of any name, and not each becomes a label. */
  constructor(registry: Registry, knows: (job: string) => boolean) {
    this.#knows = knows;
    const registers = [registry];
    this.#attempts = new Counter({
      name: 'onejob_attempts_started_total',
      help: 'Attempts that this process began, also those that went on after a wait',
      labelNames: ['job', 'trigger'],
      registers,
    });
    this.#runs = new Counter({
      name: 'onejob_runs_ended_total',
      help: 'Runs that this process ended, or had the store end: succeeded, failed, cancelled',
      labelNames: ['job', 'trigger', 'outcome'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'onejob_attempt_duration_seconds',
      help: 'Time from the beginning of an attempt until it ended or left this process',
      labelNames: ['job', 'outcome'],
      buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200],
      registers,
    });
    this.#zombieHandler = new Counter({
      name: 'onejob_zombies_total',
      help: 'Handlers that ignored their signal and were left behind',
      labelNames: ['job'],
      registers,
    });
    this.#zombies = new Gauge({
      name: 'onejob_zombies',
      help: 'Handlers that were left behind and still go on',
      labelNames: ['job'],
      registers,
    });
    this.#internalErrors = new Counter({
      name: 'onejob_internal_errors_total',
      help: 'Attempts that an error of onejob itself ended',
      labelNames: ['job'],
      registers,
    });
    this.#groups = new Histogram({
      name: 'onejob_journal_group_entries',
      help: 'Entries that were committed together',
      labelNames: ['batcher'],
      buckets: [1, 2, 5, 10, 50, 100, 500, 1_000],
      registers,
    });
    this.#commits = new Histogram({
      name: 'onejob_journal_commit_seconds',
      help: 'Time from the first sending of a group to the answer of the store',
      labelNames: ['batcher'],
      buckets: [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    });
    this.#heartbeats = new Counter({
      name: 'onejob_heartbeats_total',
      help: 'Heartbeats of the main loop, by whether they reached the store',
      labelNames: ['result'],
      registers,
    });
    const counter = (name: string, help: string) => new Counter({ name, help, registers });
    this.#dead = counter('onejob_dead_workers_total', 'Dead workers whose runs this process took over');
    this.#takeovers = counter('onejob_takeovers_total', 'Runs of dead workers that this process took over');
    this.#evicted = counter('onejob_evicted_total', 'How often this worker was taken for dead by others');
  }

  began({ job, trigger }: Claim): void {
    this.#attempts.inc({ job, trigger });
  }

  ended({ job, trigger }: Claim, end: AttemptEnd, ms: number): void {
    const outcome = end === 'handedBack' ? 'handed_back' : end;
    this.#durations.observe({ job, outcome }, ms / 1_000);
    if (isFinal(end)) this.#runs.inc({ job, trigger, outcome });
  }

  zombieHandler({ job }: Claim): void {
    this.#zombieHandler.inc({ job });
    this.#countZombies(job, 1);
  }

  settledLate({ job }: Claim): void {
    this.#countZombies(job, -1);
  }

  internalError({ job }: Claim): void {
    this.#internalErrors.inc({ job });
  }

  endedByStore({ job, trigger }: { readonly job: string; readonly trigger: Trigger }, outcome: FinalState): void {
    this.#runs.inc({ job: this.#knows(job) ? job : '', trigger, outcome });
  }

  committed(batcher: string, entries: number, ms: number): void {
    this.#groups.observe({ batcher }, entries);
    this.#commits.observe({ batcher }, ms / 1_000);
  }

  heartbeat(reached: boolean): void {
    this.#heartbeats.inc({ result: reached ? 'reached' : 'failed' });
  }

  tookOver({ workers, runs }: { readonly workers: number; readonly runs: number }): void {
    this.#dead.inc(workers);
    this.#takeovers.inc(runs);
  }

  evicted(): void {
    this.#evicted.inc();
  }

  /** Counts zombies. Some of them were left behind before anybody counted, and end, too. */
  #countZombies(job: string, change: 1 | -1): void {
    const zombies = Math.max(0, (this.#goingOn.get(job) ?? 0) + change);
    this.#goingOn.set(job, zombies);
    this.#zombies.set({ job }, zombies);
  }
}
