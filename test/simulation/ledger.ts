import type { RunId, Run } from '../../src/job/run.ts';
import { isFinal, type FinalState } from '../../src/job/state.ts';
import type { Action, ActionResult } from '../../src/ports/store-action.ts';
import type { Claim } from '../../src/ports/store-claim.ts';
import type { Entry, StepEntry, TryEntry } from '../../src/ports/store-entry.ts';
import type { NewRun } from '../../src/ports/store-submit.ts';
import type { KnownRun, KnownStep } from './known-run.ts';
import type { Observed } from './observed.ts';
import type { Program } from './program.ts';

/**
 * What must be so, by the calls that the store has carried out. It is no second store: it believes verdicts, and where
 * one leaves open what became of a run (`touched`) the store is asked. The checks see it as it was before a call.
 */
export class Ledger {
  readonly #runs = new Map<RunId, KnownRun>();
  #touched = new Set<RunId>();
  #roots = 0;

  get runs(): readonly KnownRun[] {
    return [...this.#runs.values()];
  }

  find(run: RunId): KnownRun | undefined {
    return this.#runs.get(run);
  }

  /** @throws where nobody has created it */
  get(run: RunId): KnownRun {
    const known = this.#runs.get(run);
    if (!known) throw new Error(`nobody has created the run ${run}`);
    return known;
  }

  nameOf(run: RunId): string {
    return this.#runs.get(run)?.name ?? run;
  }

  /** Runs asked for by nobody's step, in order. */
  get roots(): KnownRun[] {
    return this.runs.filter(({ parent }) => parent === null);
  }

  take(call: Observed): void {
    switch (call.method) {
      case 'submit':
        call.args[0].forEach((run, i) => {
          if (call.answer[i]?.verdict === 'created') this.#add(run, call.now, call.worker);
        });
        break;
      case 'claim':
        for (const claim of call.answer.claims) this.#claimed(claim, call.worker);
        break;
      case 'record':
        this.#recorded(call.args[0].entries, call.answer, call);
        break;
      case 'evict':
        for (const run of call.answer.flat()) this.#touch(run);
        break;
      case 'act':
        call.args[0].forEach((action, i) => this.#asked(action, call.answer[i], call.now));
        break;
      default:
    }
  }

  /** What the store is to be asked about; it is forgotten with the asking. */
  touched(): RunId[] {
    const touched = [...this.#touched];
    this.#touched = new Set();
    return touched;
  }

  /** What the store says of runs that were touched; first of those that have ended, which their parents are told. */
  observe(rows: readonly (Run | null)[]): void {
    for (const row of rows.toSorted((a, b) => Number(hasEnded(b)) - Number(hasEnded(a)))) {
      const run = row && this.#runs.get(row.id);
      if (!run) continue;
      const ended = !isFinal(run.state) && isFinal(row.state);
      run.state = row.state;
      run.epoch = row.epoch;
      if (row.state !== 'running') run.holder = null;
      if (ended) this.#ended(run, row.state, row);
    }
  }

  #add(run: NewRun, now: number, worker: number | null): void {
    if (this.#runs.has(run.id)) return;
    const parent = run.parent === null ? undefined : this.#runs.get(run.parent);
    this.#runs.set(run.id, {
      id: run.id,
      name: parent ? `${parent.name}.${++parent.children}` : `r${this.#roots++}`,
      job: run.job,
      key: run.key,
      parent: run.parent,
      program: run.input === null ? null : (JSON.parse(run.input) as Program),
      callbacks: run.callbacks,
      state: run.holder === null ? 'queued' : 'running',
      holder: run.holder === null ? null : worker,
      epoch: run.holder === null ? 0 : 1,
      dueAt: run.dueAt ?? now + run.delayMs,
      sent: false,
      cancelled: false,
      steps: new Map(),
      output: null,
      ends: [],
      children: 0,
      lives: 0,
      pruned: false,
    });
  }

  /** The store makes the runs of callbacks itself: the first that anybody hears of one is its claim. */
  #claimed(claim: Claim, worker: number | null): void {
    const run = this.#runs.get(claim.run) ?? this.#callback(claim);
    run.state = 'running';
    run.holder = worker;
    run.epoch = claim.epoch;
    run.sent = false;
  }

  #callback({ run: id, job, key, parent }: Claim): KnownRun {
    const name = `${parent === null ? '?' : this.nameOf(parent)}!`;
    const nothing = { program: null, callbacks: 'none', holder: null, output: null } as const;
    const since = { epoch: 0, dueAt: 0, sent: false, cancelled: false, children: 0, lives: 0, pruned: false };
    const run = {
      id,
      name,
      job,
      key,
      parent,
      ...nothing,
      state: 'queued',
      ...since,
      steps: new Map(),
      ends: [],
    } as const;
    this.#runs.set(id, { ...run, ends: [] });
    return this.get(id);
  }

  #recorded(entries: readonly Entry[], verdicts: readonly string[], { now, worker }: Observed): void {
    entries.forEach((entry, i) => {
      const run = this.#runs.get(entry.run);
      // A repeat has the verdict of the first time, and no effect.
      if (run?.holder !== worker || run.epoch !== entry.epoch) return;
      if (verdicts[i] === 'cancelled') this.#touch(run.id);
      if (verdicts[i] !== 'ok') return;
      switch (entry.kind) {
        case 'step':
          run.steps.set(entry.key, finished(entry, run.steps.get(entry.key), now));
          break;
        case 'try':
          if (entry.child) this.#add(entry.child, now, null);
          if (entry.retriesChild) this.#childRetried(run.steps.get(entry.key), entry.tries, now);
          run.steps.set(entry.key, begun(entry, run.steps.get(entry.key), now));
          break;
        case 'suspend':
          run.dueAt = run.sent ? now : now + (entry.wakeInMs ?? Infinity);
          run.state = 'waiting'; // until a child that ended in the same group says otherwise
          this.#touch(run.id);
          break;
        case 'handBack':
          if (entry.delayMs > 0) run.dueAt = now + entry.delayMs;
          this.#touch(run.id);
          break;
        case 'outcome':
          this.#touch(run.id);
          break;
      }
    });
  }

  #asked(action: Action, answer: ActionResult | undefined, now: number): void {
    const run = answer?.run ? this.#runs.get(answer.run) : undefined;
    if (!run || 'target' in action) return;
    const { verdict } = answer as ActionResult;
    if (verdict === 'pending') {
      this.#send(run, now);
      if (action.kind === 'cancel') run.cancelled = true;
    }
    if (verdict !== 'done') return;
    if (action.kind === 'reschedule') run.dueAt = now + action.delayMs;
    if (action.kind === 'cancel') run.cancelled = true;
    if (action.kind === 'retry')
      this.#revive(run, now, ({ state, child }) => state === 'failed' && child === null, true);
    if (action.kind === 'restart') {
      const from = action.from === null ? 0 : (run.steps.get(action.from)?.firstSeq ?? 0);
      this.#revive(run, now, ({ firstSeq }) => firstSeq >= from, false);
    }
    this.#touch(run.id);
  }

  #send(run: KnownRun, now: number): void {
    run.sent = true;
    if (run.state === 'waiting') {
      run.dueAt = now;
      run.state = 'queued';
    }
  }

  #ended(run: KnownRun, state: FinalState, { output, epoch, finishedAt }: Run): void {
    run.output = output;
    run.cancelled = false;
    run.ends.push({ state, epoch });
    const parent = run.parent === null ? undefined : this.#runs.get(run.parent);
    if (parent) this.#send(parent, finishedAt ?? 0);
    if (state === 'succeeded') return;
    for (const child of this.runs) {
      if (child.parent !== run.id || isFinal(child.state) || child.program === null) continue;
      child.cancelled = true;
      if (child.state === 'running') child.sent = true;
      this.#touch(child.id);
    }
  }

  #childRetried(step: KnownStep | undefined, tries: number, now: number): void {
    const child =
      step?.child && step.state === 'running' && step.tries < tries ? this.#runs.get(step.child) : undefined;
    if (!child || child.state === 'succeeded' || !isFinal(child.state)) return;
    this.#revive(child, now, ({ state, child: own }) => state === 'failed' && own === null, true);
    this.#touch(child.id);
  }

  #revive(run: KnownRun, now: number, isForgotten: (step: KnownStep) => boolean, withChildren: boolean): void {
    for (const [key, step] of run.steps) {
      if (isForgotten(step)) run.steps.delete(key);
      else if (step.child !== null && (step.state === 'running' || (step.state === 'failed' && withChildren)))
        run.steps.set(key, { ...step, state: 'running', tries: 0, output: null });
    }
    run.state = 'queued';
    run.lives++;
    run.dueAt = now;
    run.cancelled = false;
    run.output = null;
  }

  #touch(run: RunId): void {
    this.#touched.add(run);
  }
}

function hasEnded(row: Run | null): boolean {
  return row !== null && isFinal(row.state);
}

function finished(entry: StepEntry, before: KnownStep | undefined, now: number): KnownStep {
  const { state, output, epoch, tries, firstSeq } = entry;
  if (before && before.state !== 'running') return before;
  const { child = null, begunAt = now, resumeAt = null } = before ?? {};
  return { state, output, epoch, tries, firstSeq, child, begunAt, resumeAt };
}

/** Made again, it is the same beginning: what it waits for counts from the first. */
function begun(entry: TryEntry, before: KnownStep | undefined, now: number): KnownStep {
  const { epoch, tries, firstSeq, output, child, resumeAt, resumeInMs } = entry;
  if (before?.state === 'running' && before.tries === tries && before.epoch === epoch) return before;
  const at = resumeInMs === null ? resumeAt : now + resumeInMs;
  const kid = child?.id ?? before?.child ?? null;
  return { state: 'running', output, epoch, tries, firstSeq, child: kid, begunAt: now, resumeAt: at };
}
