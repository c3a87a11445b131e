import type { FinalState } from '../../src/job/state.ts';
import type { Action } from '../../src/ports/store-action.ts';
import type { Claim, Hold, JobTerms } from '../../src/ports/store-claim.ts';
import type { Entry } from '../../src/ports/store-entry.ts';
import type { RunQuery } from '../../src/ports/store-query.ts';
import type { NewRun } from '../../src/ports/store-submit.ts';
import type { WorkerRegistration, EvictTarget } from '../../src/ports/store-worker.ts';
import type { Store } from '../../src/ports/store.ts';
import { newId, newTraceId } from '../../src/std/id.ts';
import { termsOf } from '../../src/testing/store-contract/harness/builders.ts';
import { heldBy } from '../../src/testing/store-contract/harness/harness.ts';

/** One call of the port, to be made on several stores. */
export interface Call {
  readonly says: string;
  readonly make: (store: Store) => Promise<unknown>;
}

const past = Date.UTC(2026, 0, 1);
const jobs = ['resize', 'mailboxSeq'];
const queues = ['default', 'slow'];
const stepKeys = ['a', 'b', 'c'];

/**
 * Makes up calls that have a good chance to mean something: about runs that exist, by workers that hold them, with
 * epochs that are right or nearly so. What the stores answer is fed back through `learn`.
 */
export class RandomCalls {
  readonly #random: () => number;
  readonly #called: 'failure' | 'none';
  readonly #runs: NewRun[] = [];
  readonly #workers: string[] = [];
  readonly #heartbeats = new Map<string, number>();
  readonly #actions: Action[] = [];
  #claims = 0;
  #holds: (Hold & { worker: string; mailboxSeq: number })[] = [];

  /** `calledBack`: the stores make runs of callbacks, with ids of their own, so that two cannot be compared. */
  constructor(seed: number, { calledBack = false } = {}) {
    this.#random = randomOf(seed);
    this.#called = calledBack ? 'failure' : 'none';
  }

  next(): Call {
    if (this.#workers.length < 3) return this.#registerWorker();
    const kinds = [
      [16, this.#submit],
      [3, this.#registerWorker],
      [3, this.#heartbeat],
      [5, this.#messages],
      [16, this.#claim],
      [28, this.#record],
      [4, this.#evict],
      [14, this.#act],
      [5, this.#append],
      [4, this.#list],
      [2, this.#held],
      [1, this.#prune],
    ] as const;
    let left = this.#random() * kinds.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, make] of kinds) {
      left -= weight;
      if (left < 0) return make.call(this);
    }
    return this.#heartbeat();
  }

  /** Everything that both stores can be asked about. */
  *questions(): Generator<Call> {
    const ids = this.#runs.map(({ id }) => id);
    yield { says: 'get', make: (store) => store.get([...ids, 'k0', 'k1', 'k2', 'nobody'], { steps: true }) };
    yield { says: 'workers', make: (store) => store.workers() };
    for (const run of ids) yield { says: `tail ${run}`, make: (store) => store.tail({ run, after: 0, maxBytes: 20 }) };
  }

  learn(claims: readonly Claim[], worker: string): void {
    for (const { run, epoch, mailboxSeq } of claims) this.#holds.push({ run, epoch, worker, mailboxSeq });
  }

  #submit(): Call {
    const runs = Array.from({ length: 1 + this.#below(4) }, () => this.#newRun());
    this.#runs.push(...runs);
    for (const { id, holder } of runs)
      if (holder !== null) this.#holds.push({ run: id, epoch: 1, worker: holder, mailboxSeq: 0 });
    const batch = this.#chance(0.1) ? [...runs, this.#pick(this.#runs)!] : runs;
    return {
      says: `submit ${batch.map(({ id, key }) => `${id} ${key}`).join()}`,
      make: (store) => store.submit(batch),
    };
  }

  #newRun(over: Partial<NewRun> = {}): NewRun {
    const id = newId();
    const n = this.#below(3);
    const parent = this.#chance(0.3) ? this.#pick(this.#runs) : undefined;
    return {
      id,
      key: this.#chance(0.2) ? `k${this.#below(3)}` : null,
      job: this.#pick(jobs)!,
      queue: this.#pick(queues)!,
      trigger: 'api',
      priority: this.#below(3),
      input: `{"n":${n}}`,
      digest: `digest ${n}`,
      args: this.#chance(0.2) ? ['--x', '世界'] : [],
      request: null,
      dueAt: this.#chance(0.9) ? past + this.#below(5) : past * 2,
      delayMs: 0,
      timeoutMs: this.#chance(0.2) ? 60_000 : null,
      deadlineMs: null,
      maxCrashes: 1 + this.#below(3),
      callbacks: this.#pick(['none', 'unknown', this.#called] as const)!,
      traceId: newTraceId(),
      parent: parent?.id ?? null,
      root: parent?.root ?? id,
      schedule: this.#chance(0.1) ? 'nightly' : null,
      scheduledAt: null,
      holder: this.#chance(0.2) ? (this.#pick(this.#workers) ?? null) : null,
      claim: ++this.#claims,
      ...over,
    };
  }

  #registerWorker(): Call {
    const again = this.#chance(0.2) ? this.#pick(this.#workers) : undefined;
    const id = again ?? newId();
    const node = `node-${this.#below(3)}`;
    if (again === undefined) this.#workers.push(id);
    const worker: WorkerRegistration = {
      id,
      node,
      replaces: this.#chance(0.2) ? node : null,
      identity: { host: 'h', bootId: 'b', pidSpace: 'p', pid: 1, pidStart: '1' },
      jobs,
      slots: 10,
      version: '1.0.0',
      heartbeatMs: 3_600_000,
    };
    return { says: `register ${id} ${worker.replaces}`, make: (store) => store.registerWorker(worker) };
  }

  #heartbeat(): Call {
    const worker = this.#pick(this.#workers) ?? 'nobody';
    this.#heartbeats.set(worker, (this.#heartbeats.get(worker) ?? 0) + 1);
    const reply = { worker, load: this.#below(2), stalled: this.#chance(0.1) };
    return {
      says: `heartbeat ${worker}`,
      make: (store) => store.heartbeat(reply),
    };
  }

  #messages(): Call {
    const worker = this.#pick(this.#workers) ?? 'nobody';
    const maxBytes = this.#below(2) * 1_000 + 1;
    return {
      says: `messages ${worker} ${maxBytes}`,
      make: async (store) => {
        const runs = (await heldBy(store, worker)).map((hold, i) => ({ ...hold, seen: i % 3 }));
        return store.messages({ worker, runs, maxBytes });
      },
    };
  }

  #claim(): Call {
    const worker = this.#pick(this.#workers) ?? 'nobody';
    const terms = (this.#chance(0.7) ? jobs : [this.#pick(jobs)!]).map((name) => termsOf(name, this.#terms()));
    const tree = this.#chance(0.15) ? this.#someRuns(3).map(({ root }) => root) : undefined;
    const request = {
      worker,
      number: ++this.#claims,
      jobs: terms,
      free: this.#below(6),
      turn: this.#below(4),
      ...(tree && { tree }),
    };
    return {
      says: `claim ${JSON.stringify(request)}`,
      // Sorted, for the order between queues is not said; within one the contract suite tests it.
      make: async (store) => {
        const { claims } = await store.claim(request);
        return { worker, claims: claims.toSorted((a, b) => (a.run < b.run ? -1 : 1)) };
      },
    };
  }

  #terms(): Partial<JobTerms> {
    return this.#chance(0.5) ? {} : { timeoutMs: 1 + this.#below(3), maxCrashes: 2, callbacks: this.#called };
  }

  #held(): Call {
    const worker = this.#pick(this.#workers) ?? 'nobody';
    return { says: `held ${worker}`, make: (store) => heldBy(store, worker) };
  }

  /** A group by one worker: mostly what it holds, sometimes what it no longer holds. */
  #record(): Call {
    const worker = this.#pick(this.#workers) ?? 'nobody';
    const entries: Entry[] = [];
    const ended = new Set<string>();
    for (let count = 1 + this.#below(5); count > 0; count--) {
      const held = this.#holds.filter((hold) => hold.worker === worker || this.#chance(0.05));
      const hold = this.#pick(held);
      if (hold === undefined) break;
      const entry = this.#entry(hold, ended.has(hold.run));
      if (!['step', 'try'].includes(entry.kind)) ended.add(entry.run);
      entries.push(entry);
    }
    return { says: `record ${worker} ${JSON.stringify(entries)}`, make: (store) => store.record({ worker, entries }) };
  }

  #entry({ run, epoch, mailboxSeq }: Hold & { mailboxSeq: number }, isEnded: boolean): Entry {
    const fence = { run, epoch: this.#chance(0.05) ? epoch + 1 : epoch };
    const asked = this.#below(stepKeys.length);
    const step = { key: stepKeys[asked]!, tries: 1 + this.#below(2), firstSeq: asked, startedAt: past };
    const error = this.#chance(0.2) ? { code: 'X', message: 'broke', data: { n: null } } : null;
    const output = this.#chance(0.7) ? `{"o":${this.#below(2)}}` : null;
    const kind = this.#below(isEnded ? 5 : 10);
    if (kind < 3) {
      const state = error === null ? 'succeeded' : 'failed';
      const consumes = { a: 1, b: null, c: 2 }[step.key] ?? null;
      return { kind: 'step', ...fence, ...step, type: 'step', state, output, error, finishedAt: past + 1, consumes };
    }
    if (kind < 5) {
      const root = this.#runs.find(({ id }) => id === run)?.root ?? run;
      const child = this.#chance(0.5) ? this.#newRun({ parent: run, root, key: null }) : null;
      if (child !== null) this.#runs.push(child);
      const resumeInMs = child === null && this.#chance(0.5) ? 3_600_000 : null;
      return {
        kind: 'try',
        ...fence,
        ...step,
        type: 'child',
        output,
        error,
        resumeAt: null,
        resumeInMs,
        child,
        retriesChild: this.#chance(0.2),
      };
    }
    if (kind < 7) {
      const state = this.#pick<FinalState>(['succeeded', 'failed', 'cancelled'])!;
      return {
        kind: 'outcome',
        ...fence,
        state,
        output,
        response: null,
        error,
        progress: null,
        isSilent: this.#chance(0.1),
      };
    }
    if (kind < 9) {
      const seen = this.#chance(0.7) ? mailboxSeq : this.#below(3);
      const wakeInMs = this.#chance(0.3) ? 3_600_000 : null;
      return {
        kind: 'suspend',
        ...fence,
        mailboxSeq: seen,
        wakeInMs,
        waitingFor: this.#chance(0.5) ? ['event x'] : [],
      };
    }
    const attempt = this.#chance(0.3) ? null : 1 + this.#below(3);
    return { kind: 'handBack', ...fence, attempt, delayMs: this.#chance(0.8) ? 0 : 3_600_000, error };
  }

  #evict(): Call {
    const worker = this.#pick(this.#workers);
    const hold = this.#pick(this.#holds);
    const targets: EvictTarget[] = [];
    if (worker !== undefined && this.#chance(0.5)) {
      const seenHeartbeat = this.#chance(0.3) ? null : (this.#heartbeats.get(worker) ?? 0);
      targets.push({ id: worker, seenHeartbeat, counted: this.#chance(0.7) });
    }
    if (hold !== undefined && this.#chance(0.5)) {
      const code = this.#pick(['RUN_TIMED_OUT', 'RUN_CANCELLED'] as const)!;
      targets.push({ run: hold.run, epoch: hold.epoch, code, message: 'over' });
    }
    return { says: `evict ${JSON.stringify(targets)}`, make: (store) => store.evict(targets) };
  }

  #act(): Call {
    const actions = Array.from({ length: 1 + this.#below(2) }, () =>
      this.#chance(0.1) ? (this.#pick(this.#actions) ?? this.#newAction()) : this.#newAction(),
    );
    this.#actions.push(...actions);
    return { says: `ask ${JSON.stringify(actions)}`, make: (store) => store.act(actions) };
  }

  #newAction(): Action {
    const asked = { id: newId(), actor: 'ann', reason: this.#chance(0.5) ? 'because' : null };
    const ref = this.#chance(0.1) ? `k${this.#below(4)}` : (this.#pick(this.#runs)?.id ?? 'nobody');
    switch (this.#below(9)) {
      case 0:
      case 1:
        return { ...asked, ref, kind: 'cancel', callbacks: this.#pick([this.#called, 'unknown'] as const)! };
      case 2:
      case 3:
        return { ...asked, ref, kind: 'event', name: 'x', data: '{"e":1}' };
      case 4:
        return { ...asked, ref, kind: 'retry' };
      case 5:
        return { ...asked, ref, kind: 'restart', from: this.#chance(0.5) ? this.#pick(stepKeys)! : null };
      case 6:
        return { ...asked, ref, kind: 'reschedule', delayMs: this.#chance(0.5) ? 0 : 3_600_000 };
      case 7: {
        const target = this.#chance(0.5)
          ? ({ type: 'job', name: this.#pick(jobs)! } as const)
          : ({ type: 'queue', name: this.#pick(queues)! } as const);
        return { ...asked, kind: this.#chance(0.3) ? 'pause' : 'resume', target, until: null };
      }
      default:
        return { ...asked, kind: 'resume', target: { type: 'queue', name: this.#pick(queues)! }, until: null };
    }
  }

  #append(): Call {
    const hold = this.#pick(this.#holds) ?? { run: 'nobody', epoch: 1, worker: 'nobody' };
    const first = 1 + this.#below(3);
    const chunks = Array.from({ length: this.#below(4) }, (_, i) => {
      const seq = first + i + this.#below(2);
      return { run: hold.run, epoch: hold.epoch, seq, bytes: Buffer.from(`line ${seq}\n`) };
    });
    const progress = this.#chance(0.5)
      ? [{ run: hold.run, epoch: hold.epoch, progress: { fraction: 0.5, text: 'half' } }]
      : [];
    const batch = { worker: hold.worker, chunks, progress };
    return { says: `append ${JSON.stringify(batch)}`, make: (store) => store.append(batch) };
  }

  #list(): Call {
    const query: RunQuery = {
      limit: 1 + this.#below(5),
      ...(this.#chance(0.3) && { job: this.#pick(jobs)! }),
      ...(this.#chance(0.5) && { states: this.#someStates() }),
      ...(this.#chance(0.2) && { parent: this.#pick(this.#runs)?.id ?? 'nobody' }),
      ...(this.#chance(0.2) && { key: `k${this.#below(3)}` }),
      ...(this.#chance(0.2) && { schedule: 'nightly' }),
      ...(this.#chance(0.2) && { cursor: this.#pick(this.#runs)?.id ?? 'f' }),
      ...(this.#chance(0.2) && { tail: this.#pick(this.#runs)?.id.slice(-6) ?? 'f' }),
    };
    return { says: `list ${JSON.stringify(query)}`, make: (store) => store.list(query) };
  }

  #someStates() {
    const all = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;
    return all.filter(() => this.#chance(0.4));
  }

  #prune(): Call {
    const kept = 1 + this.#below(10);
    const policy = { succeededMs: 1e12, failedMs: 1e12, succeededRuns: kept, failedRuns: kept };
    const limit = 1 + this.#below(5);
    return {
      says: `prune ${kept} ${limit}`,
      make: async (store) => {
        const { runs, more } = await store.prune({ policy, limit });
        return { runs, more };
      },
    };
  }

  #someRuns(count: number): NewRun[] {
    return Array.from({ length: count }, () => this.#pick(this.#runs)).filter((run) => run !== undefined);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** Mostly one of the latest: old runs have ended. */
  #pick<T>(list: readonly T[]): T | undefined {
    const from = Math.max(0, list.length - 12);
    return this.#chance(0.9) ? list[from + this.#below(list.length - from)] : list[this.#below(list.length)];
  }
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
