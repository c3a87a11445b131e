import type { Verdict } from '../../job/transition.ts';
import type { Entry, HandBackEntry, OutcomeEntry, StepEntry, SuspendEntry, TryEntry } from '../../ports/store-entry.ts';
import type { NewRun } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';
import { inShort } from './submit.ts';

/** Sorts a group by what its entries do, which is how `record_v1` takes it, and puts the verdicts in order again. */
export async function record(
  db: Connection,
  { worker, entries }: { worker: WorkerId; entries: readonly Entry[] },
): Promise<Verdict[]> {
  const group = new Group();
  entries.forEach((entry, i) => group.add(entry, i));
  const rows = await db.write<{ odd: [number, Verdict][] | null }>(
    'record',
    `select ${db.schema}.record_v1($1, $2::text[], $3::json, $4::json, $5::text[], $6::integer[],
       $7::json, $8::json, $9::json) odd`,
    [worker, ...group.values()],
  );
  const verdicts: Verdict[] = entries.map(() => 'ok');
  for (const [i, verdict] of rows[0]?.odd ?? []) verdicts[i] = verdict;
  for (const [i, first] of group.again) verdicts[i] = verdicts[first] ?? 'stale';
  return verdicts;
}

class Group {
  readonly #runs = new Set<string>();
  /** List n holds the entries of steps that were named n times before: an upsert cannot touch one row twice. */
  readonly #steps: unknown[][] = [];
  readonly #times = new Map<string, number>();
  readonly #children: unknown[][] = [];
  readonly #ends: string[] = [];
  readonly #endEpochs: number[] = [];
  readonly #outcomes: unknown[] = [];
  readonly #suspends: unknown[] = [];
  readonly #handBacks: unknown[] = [];
  readonly #ended = new Map<string, number>();
  /** Places of entries that repeat an earlier one of this very group, and that one's place. */
  readonly again = new Map<number, number>();

  add(entry: Entry, i: number): void {
    this.#runs.add(entry.run);
    switch (entry.kind) {
      case 'step':
        return this.#addStep(entry, stepInShort(entry, i), []);
      case 'try':
        return this.#addStep(
          entry,
          tryInShort(entry, i),
          entry.child === null ? [] : [childInShort(entry, entry.child, i)],
        );
      case 'outcome':
        if (!this.#addLast(this.#outcomes, entry, i, outcomeInShort)) return;
        this.#ends.push(entry.run);
        this.#endEpochs.push(entry.epoch);
        return;
      case 'suspend':
        this.#addLast(this.#suspends, entry, i, suspendInShort);
        return;
      case 'handBack':
        this.#addLast(this.#handBacks, entry, i, handBackInShort);
        return;
    }
  }

  values(): (string | null | string[] | number[])[] {
    return [
      [...this.#runs],
      bundle(this.#steps),
      this.#children.some((list) => list.length > 0) ? bundle(this.#children) : null,
      this.#ends,
      this.#endEpochs,
      bundle(this.#outcomes),
      bundle(this.#suspends),
      bundle(this.#handBacks),
    ];
  }

  #addStep(entry: StepEntry | TryEntry, short: unknown, children: readonly unknown[]): void {
    const name = `${entry.run} ${entry.key}`;
    const times = this.#times.get(name) ?? 0;
    this.#times.set(name, times + 1);
    (this.#steps[times] ??= []).push(short);
    (this.#children[times] ??= []).push(...children);
  }

  /** A run changes its state once; the same change a second time in one group has the verdict of the first. */
  #addLast<E extends Entry>(list: unknown[], entry: E, i: number, short: (entry: E, i: number) => unknown): boolean {
    const name = `${entry.kind} ${entry.run} ${entry.epoch}`;
    const first = this.#ended.get(name);
    if (first !== undefined) {
      this.again.set(i, first);
      return false;
    }
    this.#ended.set(name, i);
    list.push(short(entry, i));
    return true;
  }
}

function stepInShort(entry: StepEntry, i: number): unknown {
  const { run, epoch, key, state, tries, asked } = entry;
  return {
    i,
    run,
    epoch,
    key,
    kind: entry.type,
    state,
    tries,
    asked,
    output: entry.output ?? undefined,
    error: entry.error ?? undefined,
    started: entry.startedAt,
    finished: entry.finishedAt,
    letter: entry.consumes ?? undefined,
  };
}

function tryInShort(entry: TryEntry, i: number): unknown {
  const { run, epoch, key, tries, asked } = entry;
  return {
    i,
    run,
    epoch,
    key,
    kind: entry.type,
    state: 'running',
    tries,
    asked,
    output: entry.output ?? undefined,
    error: entry.error ?? undefined,
    resume: entry.resumeAt ?? undefined,
    after: wholeMs(entry.resumeInMs),
    kid: entry.child?.id,
    started: entry.startedAt,
  };
}

function childInShort({ run, epoch, key }: TryEntry, child: NewRun, i: number): unknown {
  return { run, epoch, key, child: inShort(child, i) };
}

function outcomeInShort(entry: OutcomeEntry, i: number): unknown {
  const { run, epoch, state } = entry;
  return {
    i,
    run,
    epoch,
    state,
    output: entry.output ?? undefined,
    response: entry.response ?? undefined,
    error: entry.error ?? undefined,
    progress: entry.progress ?? undefined,
    silent: entry.isSilent ? true : undefined,
  };
}

function suspendInShort({ run, epoch, mail, wakeInMs, waitingFor }: SuspendEntry, i: number): unknown {
  return {
    i,
    run,
    epoch,
    mail,
    wake: wholeMs(wakeInMs),
    waiting: waitingFor.length === 0 ? undefined : waitingFor,
  };
}

function handBackInShort({ run, epoch, attempt, delayMs, error }: HandBackEntry, i: number): unknown {
  return { i, run, epoch, attempt: attempt ?? undefined, delay: wholeMs(delayMs), error: error ?? undefined };
}

/** The server refuses a fraction where it reads a bigint, and a delay with jitter is one. */
function wholeMs(ms: number | null): number | undefined {
  return ms === null ? undefined : Math.ceil(ms);
}
