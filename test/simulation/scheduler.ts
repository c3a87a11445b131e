import { isFinal } from '../../src/job/state.ts';
import { Deeds } from './deeds.ts';
import type { Fault, Move, Target } from './plan.ts';
import { away, isTarget, type Done, type HeldCall } from './faulty-store.ts';
import type { World } from './world.ts';

interface Trap {
  readonly to: Target;
  readonly how: Fault;
  readonly steps: number;
}

/** Makes things happen, one after the other: what the plan says, and in between what would happen anyway. */
export class Scheduler {
  readonly #world: World;
  readonly #deeds: Deeds;
  #traps: Trap[] = [];
  /** Calls that nobody waits for any more, and that the store will carry out all the same. */
  #strays: { readonly at: number; readonly call: HeldCall }[] = [];
  #place = 0;
  #turns: number;
  #step = 0;

  constructor(world: World) {
    this.#world = world;
    this.#deeds = new Deeds(world);
    this.#turns = world.plan.setting.turns;
  }

  /** While there are faults. */
  async storm(): Promise<void> {
    const { plan, faults } = this.#world;
    const moves = [...plan.moves];
    const last = moves.at(-1)?.at ?? 0;
    for (; this.#step <= last && faults.length === 0; this.#step++) {
      await this.#turn();
      while (moves[0] && moves[0].at <= this.#step) await this.#make(moves.shift() as Move);
      await this.#go();
    }
  }

  /**
   * The faults stop. What was cancelled ends, whatever it waits for, and though its job is paused. Then jobs go on, each
   * run gets the events that it may wait for, and all must end.
   */
  async calm(): Promise<void> {
    const world = this.#world;
    world.say('the faults stop');
    this.#traps = [];
    for (const worker of world.workers) worker.thaw();
    for (const { call } of this.#strays.splice(0)) await world.carryOut(call.worker, call.method, call.args);
    for (const call of world.calls.held) call.notBefore = 0;
    if (world.living.length === 0) world.addWorker();
    const cancelled = await this.#rest(() =>
      Promise.resolve(world.ledger.runs.every((run) => !run.cancelled || isFinal(run.state))),
    );
    if (!cancelled) {
      const names = world.ledger.runs.filter((run) => run.cancelled && !isFinal(run.state)).map(({ name }) => name);
      world.blame(`${names.join(' and ')} is cancelled and does not end`);
    }
    await this.#deeds.resumeAll();
    await this.#rest(async () => {
      await this.#deeds.sendRest(); // to children that began meanwhile
      const { items } = await world.store.list({ states: ['queued', 'running', 'waiting'], limit: 1 });
      return items.length === 0;
    });
  }

  /** Until it is so; false: nothing got on for two minutes. */
  async #rest(isSo: () => Promise<boolean>): Promise<boolean> {
    const world = this.#world;
    let since = world.now;
    let { progress } = world;
    for (let n = 0; n < longest && world.faults.length === 0; n++) {
      if (n % 10 === 0 && (await isSo())) return true;
      if (world.progress !== progress) ({ progress, now: since } = world);
      if (world.now - since > 120_000) return false;
      if (world.living.length === 0) world.addWorker();
      await this.#turn();
      await this.#go();
      this.#step++;
    }
    return false;
  }

  async #turn(): Promise<void> {
    for (let n = this.#turns; n > 0; n--) await new Promise((resolve) => setImmediate(resolve));
    this.#turns = this.#world.plan.setting.turns;
  }

  /** The next call, or, where none can go on, time. */
  async #go(): Promise<void> {
    const world = this.#world;
    for (const stray of this.#strays.filter(({ at }) => at <= this.#step)) {
      this.#strays.splice(this.#strays.indexOf(stray), 1);
      world.say(`what w${stray.call.worker} gave up takes effect`);
      await world.carryOut(stray.call.worker, stray.call.method, stray.call.args);
    }
    const awake = world.calls.held.filter(
      ({ notBefore, worker }) => notBefore <= this.#step && world.workers[worker]?.isAwake,
    );
    const call = awake[this.#place % awake.length];
    this.#place = 0;
    if (call) return this.#deliver(call);
    const inMs = Math.min(
      1_000,
      ...world.living.filter(({ isFrozen }) => !isFrozen).map(({ clock }) => clock.nextInTrueMs),
    );
    world.pass(Math.max(1, inMs));
  }

  async #deliver(call: HeldCall): Promise<void> {
    const world = this.#world;
    const { worker, method, args } = call;
    const trap = call.done ? undefined : this.#traps.find(({ to }) => isTarget(call, to));
    if (trap) {
      this.#traps.splice(this.#traps.indexOf(trap), 1);
      world.say(`w${worker} ${method}: ${trap.how}`);
    }
    switch (trap?.how) {
      case 'hold':
        call.notBefore = this.#step + trap.steps;
        return;
      case 'refuse':
        return this.#answer(call, { error: away() });
      case 'late':
        this.#strays.push({ at: this.#step + trap.steps, call });
        return this.#answer(call, { error: away() });
      default:
    }
    call.done ??= await world.carryOut(worker, method, args);
    if (trap?.how === 'double') await world.carryOut(worker, method, args);
    if (trap?.how === 'lose') return this.#answer(call, { error: away() });
    if (trap?.how === 'keep') call.notBefore = this.#step + trap.steps;
    else this.#answer(call, call.done);
  }

  #answer(call: HeldCall, done: Done): void {
    this.#world.calls.remove(call);
    this.#world.answered(call, 'error' in done);
    if ('error' in done) call.reject(done.error);
    else call.resolve(done.answer);
  }

  async #make(move: Move): Promise<void> {
    const world = this.#world;
    switch (move.do) {
      case 'turn':
        this.#turns = move.turns;
        return this.#turn();
      case 'overtake':
        this.#place = move.place;
        return;
      case 'fault':
        this.#traps.push(move);
        return;
      case 'pass':
        return world.pass(move.ms);
      case 'freeze': {
        const worker = this.#worker(move.worker);
        if (worker && world.living.length > 1) {
          world.say(`w${worker.n} stands still`);
          worker.freeze(move.ms, move.asleep);
        }
        return;
      }
      case 'kill':
        return this.#kill(move.worker, move.commits);
      case 'stop':
        world.say(`w${this.#worker(move.worker)?.n} stops`);
        this.#worker(move.worker)?.stop();
        return;
      case 'open':
        if (world.living.length < 4) world.addWorker();
        return;
      case 'submit':
        return this.#deeds.submit(move);
      case 'event':
        return this.#deeds.event(move);
      case 'act':
        return this.#deeds.act(move);
      case 'restart':
        return this.#deeds.restart(move);
      case 'reschedule':
        return this.#deeds.reschedule(move);
      case 'pause':
      case 'resume':
        return this.#deeds.pause(move);
      case 'prune':
        return this.#deeds.prune(move);
    }
  }

  async #kill(n: number, commits: boolean): Promise<void> {
    const world = this.#world;
    const worker = this.#worker(n);
    if (!worker) return;
    worker.end('is killed');
    for (const { done, method, args } of world.calls.takeOf(worker.n)) {
      if (commits && !done) await world.carryOut(worker.n, method, args);
    }
  }

  #worker(n: number) {
    const { living } = this.#world;
    return living[n % living.length];
  }
}

/** Steps of a calm after which it is one no more. */
const longest = 20_000;
