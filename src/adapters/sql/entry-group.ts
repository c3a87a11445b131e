import type { RunId } from '../../job/run.ts';
import type { Verdict } from '../../job/transition.ts';
import type { Entry, HandBackEntry, OutcomeEntry, StepEntry, SuspendEntry, TryEntry } from '../../ports/store-entry.ts';
import type { NewRun } from '../../ports/store-submit.ts';
import type { Structured } from './new-run.ts';
import { wholeMs } from './whole-ms.ts';

export interface EntryForms {
  readonly structured: Structured;
  /** The child run that comes with the `i`th entry. */
  readonly child: (entry: TryEntry, child: NewRun, i: number) => unknown;
  /** Asks for a retry of the child of the entry's step. */
  readonly again: (entry: TryEntry) => unknown;
}

/** Members that are undefined are left out of the batch: procedures read them as null. */
interface Encoded {
  readonly run: RunId;
  readonly epoch: number;
  readonly [member: string]: unknown;
}

/** A group of entries, sorted by what they do, in the short form that procedures take. */
export class EntryGroup {
  readonly runs = new Set<RunId>();
  /** List n holds the entries of steps that were named n times before: an upsert cannot touch one row twice. */
  readonly steps: Encoded[][] = [];
  /** The child runs that come with the entries of list n, or are retried with them. */
  readonly children: unknown[][] = [];
  readonly outcomes: Encoded[] = [];
  /** Suspensions and hand-backs; `wish` is the state that they ask for. */
  readonly lettingGo: Encoded[] = [];
  readonly #size: number;
  readonly #forms: EntryForms;
  readonly #times = new Map<string, number>();
  readonly #ended = new Map<string, number>();
  /** Places of entries that repeat an earlier one of this very group, and that one's place. */
  readonly #again = new Map<number, number>();

  constructor(entries: readonly Entry[], forms: EntryForms) {
    this.#size = entries.length;
    this.#forms = forms;
    entries.forEach((entry, i) => this.#add(entry, i));
  }

  /** Runs that end without success, and take their children along. */
  get falling(): RunId[] {
    return this.outcomes.filter(({ state }) => state !== 'succeeded').map(({ run }) => run);
  }

  /** Of all entries in their order; `rejected` are those that the database did not call `ok`. */
  verdicts(rejected: Iterable<readonly [number, Verdict]>): Verdict[] {
    const verdicts = Array.from<Verdict>({ length: this.#size }).fill('ok');
    for (const [i, verdict] of rejected) verdicts[i] = verdict;
    for (const [i, first] of this.#again) verdicts[i] = verdicts[first] ?? 'stale';
    return verdicts;
  }

  #add(entry: Entry, i: number): void {
    const { structured } = this.#forms;
    this.runs.add(entry.run);
    switch (entry.kind) {
      case 'step':
        return this.#addStep(encodeStep(entry, i, structured), []);
      case 'try':
        return this.#addStep(encodeTry(entry, i, structured), this.#childrenOf(entry, i));
      case 'outcome':
        if (this.#isFirst(entry, i)) this.outcomes.push(encodeOutcome(entry, i, structured));
        return;
      case 'suspend':
        if (this.#isFirst(entry, i)) this.lettingGo.push(encodeSuspend(entry, i, structured));
        return;
      case 'handBack':
        if (this.#isFirst(entry, i)) this.lettingGo.push(encodeHandBack(entry, i, structured));
        return;
    }
  }

  #childrenOf(entry: TryEntry, i: number): unknown[] {
    const born = entry.child === null ? [] : [this.#forms.child(entry, entry.child, i)];
    return entry.retriesChild ? [...born, this.#forms.again(entry)] : born;
  }

  #addStep(short: Encoded, children: readonly unknown[]): void {
    const name = `${short.run} ${String(short['key'])}`;
    const times = this.#times.get(name) ?? 0;
    this.#times.set(name, times + 1);
    (this.steps[times] ??= []).push(short);
    (this.children[times] ??= []).push(...children);
  }

  /** A run changes its state once; the same change a second time in one group has the verdict of the first. */
  #isFirst({ kind, run, epoch }: Entry, i: number): boolean {
    const name = `${kind} ${run} ${epoch}`;
    const first = this.#ended.get(name);
    if (first === undefined) this.#ended.set(name, i);
    else this.#again.set(i, first);
    return first === undefined;
  }
}

function encodeStep(entry: StepEntry, i: number, structured: Structured): Encoded {
  const { run, epoch, key, state, tries, firstSeq } = entry;
  return {
    i,
    run,
    epoch,
    key,
    kind: entry.type,
    state,
    tries,
    first_seq: firstSeq,
    output: entry.output ?? undefined,
    error: given(entry.error, structured),
    started: entry.startedAt,
    finished: entry.finishedAt,
    item: entry.consumes ?? undefined,
  };
}

function encodeTry(entry: TryEntry, i: number, structured: Structured): Encoded {
  const { run, epoch, key, tries, firstSeq, child } = entry;
  return {
    i,
    run,
    epoch,
    key,
    kind: entry.type,
    state: 'running',
    tries,
    first_seq: firstSeq,
    output: entry.output ?? undefined,
    error: given(entry.error, structured),
    resume: entry.resumeAt ?? undefined,
    after: entry.resumeInMs === null ? undefined : wholeMs(entry.resumeInMs),
    kid: child?.id,
    kid_key: child?.key ?? undefined,
    kid_job: child?.job,
    kid_digest: child?.digest ?? undefined,
    started: entry.startedAt,
  };
}

function encodeOutcome(entry: OutcomeEntry, i: number, structured: Structured): Encoded {
  const { run, epoch, state } = entry;
  return {
    i,
    run,
    epoch,
    state,
    output: entry.output ?? undefined,
    response: given(entry.response, structured),
    error: given(entry.error, structured),
    progress: given(entry.progress, structured),
    silent: entry.isSilent ? 1 : undefined,
  };
}

function encodeSuspend(entry: SuspendEntry, i: number, structured: Structured): Encoded {
  const { run, epoch, mailboxSeq, wakeInMs, waitingFor } = entry;
  const waiting = waitingFor.length === 0 ? undefined : structured(waitingFor);
  return {
    i,
    run,
    epoch,
    wish: 'waiting',
    mailbox_seq: mailboxSeq,
    delay: wakeInMs === null ? undefined : wholeMs(wakeInMs),
    waiting,
  };
}

function encodeHandBack(entry: HandBackEntry, i: number, structured: Structured): Encoded {
  const { run, epoch, attempt, delayMs, error } = entry;
  return {
    i,
    run,
    epoch,
    wish: 'queued',
    attempt: attempt ?? undefined,
    delay: wholeMs(delayMs),
    error: given(error, structured),
  };
}

function given(value: object | null, structured: Structured): unknown {
  return value === null ? undefined : structured(value);
}
