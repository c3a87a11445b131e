import type { RunId } from '../../job/run.ts';
import type { Verdict } from '../../job/transition.ts';
import type { Entry, HandBackEntry, OutcomeEntry, StepEntry, SuspendEntry, TryEntry } from '../../ports/store-entry.ts';
import type { NewRun } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { jsonText, listText } from '../sql/run-row.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';
import type { Value } from './dialect.ts';
import { inShort } from './new-run.ts';

/** Sorts a group by what its entries do, which is how `record_v1` takes it, and puts the verdicts in order again. */
export async function record(
  db: Connection,
  { worker, entries }: { worker: WorkerId; entries: readonly Entry[] },
): Promise<Verdict[]> {
  const group = new Group();
  entries.forEach((entry, i) => group.add(entry, i));
  const answers = await db.write('record', 'record_v1', [worker, ...group.values()]);
  const verdicts: Verdict[] = entries.map(() => 'ok');
  for (const { i, verdict } of answers.flat() as unknown as { i: number; verdict: Verdict }[]) verdicts[i] = verdict;
  for (const [i, first] of group.again) verdicts[i] = verdicts[first] ?? 'stale';
  return verdicts;
}

class Group {
  readonly #runs = new Set<RunId>();
  /** List n holds the entries of steps that were named n times before. */
  readonly #steps: unknown[][] = [];
  readonly #times = new Map<string, number>();
  /** The child runs that come with the entries of list n. */
  readonly #children: unknown[][] = [];
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
        return this.#addLast(this.#outcomes, entry, i, outcomeInShort);
      case 'suspend':
        return this.#addLast(this.#suspends, entry, i, suspendInShort);
      case 'handBack':
        return this.#addLast(this.#handBacks, entry, i, handBackInShort);
    }
  }

  values(): Value[] {
    return [
      bundle([...this.#runs].toSorted()),
      bundle(this.#steps),
      bundle(this.#children),
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
  #addLast<E extends Entry>(list: unknown[], entry: E, i: number, short: (entry: E, i: number) => unknown): void {
    const name = `${entry.kind} ${entry.run} ${entry.epoch}`;
    const first = this.#ended.get(name);
    if (first !== undefined) {
      this.again.set(i, first);
      return;
    }
    this.#ended.set(name, i);
    list.push(short(entry, i));
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
    error: jsonText(entry.error) ?? undefined,
    started: entry.startedAt,
    finished: entry.finishedAt,
    letter: entry.consumes ?? undefined,
  };
}

function tryInShort(entry: TryEntry, i: number): unknown {
  const { run, epoch, key, tries, asked, child } = entry;
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
    error: jsonText(entry.error) ?? undefined,
    resume: entry.resumeAt ?? undefined,
    after: wholeMs(entry.resumeInMs),
    kid: child?.id,
    kid_key: child?.key ?? undefined,
    kid_job: child?.job,
    kid_digest: child?.digest ?? undefined,
    started: entry.startedAt,
  };
}

/** The run, and the entry that it comes with. */
function childInShort({ run, epoch, key }: TryEntry, child: NewRun, i: number): unknown {
  return { ...inShort(child, i), of: run, epoch, step: key };
}

function outcomeInShort(entry: OutcomeEntry, i: number): unknown {
  const { run, epoch, state } = entry;
  return {
    i,
    run,
    epoch,
    state,
    output: entry.output ?? undefined,
    response: jsonText(entry.response) ?? undefined,
    error: jsonText(entry.error) ?? undefined,
    progress: jsonText(entry.progress) ?? undefined,
    silent: entry.isSilent ? 1 : undefined,
  };
}

function suspendInShort({ run, epoch, mail, wakeInMs, waitingFor }: SuspendEntry, i: number): unknown {
  return { i, run, epoch, mail, wake: wholeMs(wakeInMs), waiting: listText(waitingFor) ?? undefined };
}

function handBackInShort({ run, epoch, attempt, delayMs, error }: HandBackEntry, i: number): unknown {
  return { i, run, epoch, attempt: attempt ?? undefined, delay: wholeMs(delayMs), error: jsonText(error) ?? undefined };
}

/** A delay with jitter is a fraction. */
function wholeMs(ms: number | null): number | undefined {
  return ms === null ? undefined : Math.ceil(ms);
}
