import { newRun } from '../../src/intake/new-run.ts';
import type { Action } from '../../src/ports/store-action.ts';
import type { AnyJob } from '../../src/job/define.ts';
import { createJobs } from './jobs.ts';
import { isFinal } from '../../src/job/state.ts';
import type { KnownRun } from './known-run.ts';
import type { Deed } from './plan.ts';
import { eventsOf, stepsOf } from './program.ts';
import { SimClock } from './sim-clock.ts';
import type { World } from './world.ts';

/** What somebody outside does: submits runs, asks things of them, sends events. */
export class Deeds {
  readonly #world: World;
  readonly #jobs: ReadonlyMap<string, AnyJob>;
  /** Each event is sent once: a second one would hide that the first was lost. */
  readonly #sent = new Set<string>();
  #actions = 0;

  constructor(world: World) {
    this.#world = world;
    this.#jobs = new Map(outsideJobs().map((job) => [job.name, job]));
  }

  async submit({ job: name, program, key, delayMs, priority, again }: Extract<Deed, { do: 'submit' }>): Promise<void> {
    const job = this.#jobs.get(name) as AnyJob;
    const wish = { input: program, trigger: 'api', delay: delayMs, priority, ...(key !== null && { key }) } as const;
    const run = await newRun(job, wish, 1e6);
    await this.#outside('submit', [[run]], again);
  }

  async event({ run: n, place, again }: Extract<Deed, { do: 'event' }>): Promise<void> {
    const run = this.#run(n);
    const count = run?.program ? eventsOf(run.program.body).length : 0;
    if (run && count > 0) await this.#send(run, place % count, again);
  }

  /** What nobody has sent yet, to all that may wait for it. */
  async sendRest(): Promise<void> {
    for (const run of this.#world.ledger.runs) {
      if (isFinal(run.state)) continue;
      const events = run.program ? eventsOf(run.program.body) : [];
      for (const place of events.keys()) await this.#send(run, place, false);
    }
  }

  async act({ kind, run: n, again }: Extract<Deed, { do: 'act' }>): Promise<void> {
    const run = this.#run(n);
    if (!run) return;
    const asked = this.#asked();
    const ref = run.id;
    await this.#say(
      kind === 'cancel' ? { ...asked, ref, kind, callbacks: run.callbacks } : { ...asked, ref, kind },
      again,
    );
  }

  async restart({ run: n, place }: Extract<Deed, { do: 'restart' }>): Promise<void> {
    const run = this.#run(n);
    if (!run?.program) return;
    const steps = stepsOf(run.program.body);
    const from = place < 0 ? null : (steps[place % steps.length] ?? null);
    await this.#say({ ...this.#asked(), kind: 'restart', ref: run.id, from }, false);
  }

  async reschedule({ run: n, delayMs }: Extract<Deed, { do: 'reschedule' }>): Promise<void> {
    const run = this.#run(n);
    if (run) await this.#say({ ...this.#asked(), kind: 'reschedule', ref: run.id, delayMs }, false);
  }

  async pause({ do: kind, job }: Extract<Deed, { do: 'pause' | 'resume' }>): Promise<void> {
    await this.#say({ ...this.#asked(), kind, target: { type: 'job', name: job }, until: null }, false);
  }

  async resumeAll(): Promise<void> {
    for (const name of this.#jobs.keys()) await this.pause({ do: 'resume', job: name as never });
  }

  async prune({ keep }: Extract<Deed, { do: 'prune' }>): Promise<void> {
    const policy = { succeededMs: 9e14, failedMs: 9e14, succeededRuns: keep, failedRuns: keep };
    await this.#world.carryOut(null, 'prune', [{ policy, limit: 100 }]);
  }

  /** Roots first, then everybody else. */
  #run(n: number): KnownRun | undefined {
    const { runs } = this.#world.ledger;
    return runs.length === 0 ? undefined : runs[n % runs.length];
  }

  async #send(run: KnownRun, place: number, again: boolean): Promise<void> {
    const event = `${run.id} ${place}`;
    const name = run.program && eventsOf(run.program.body)[place];
    if (this.#sent.has(event) || typeof name !== 'string') return;
    const data = JSON.stringify(`${run.name} ${name} ${place}`);
    const done = await this.#say({ ...this.#asked(), kind: 'event', ref: run.id, name, data }, again);
    if (done === 'pending') this.#sent.add(event);
  }

  async #say(action: Action, again: boolean): Promise<string | undefined> {
    const answers = (await this.#outside('act', [[action]], again)) as { verdict: string }[];
    return answers[0]?.verdict;
  }

  #asked(): { id: string; actor: string; reason: null } {
    return { id: `ask-${this.#actions++}`, actor: 'somebody', reason: null };
  }

  /** Whose answer was lost asks again. */
  async #outside(method: 'submit' | 'act', args: readonly unknown[], again: boolean): Promise<unknown> {
    const world = this.#world;
    if (again) await world.carryOut(null, method, args);
    const done = await world.carryOut(null, method, args);
    world.hint();
    return 'answer' in done ? done.answer : [];
  }
}

/** As a client knows them that executes nothing. */
function outsideJobs(): AnyJob[] {
  const never = (): never => {
    throw new Error('nobody executes this');
  };
  return createJobs({
    clock: new SimClock({ startMs: 0, skewMs: 0, speed: 1 }),
    isDead: () => false,
    epochOf: never,
    begin: never,
    told: never,
    calledBack: never,
    kills: never,
    unique: never,
  });
}
