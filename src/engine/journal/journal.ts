import type { Verdict } from '../../job/transition.ts';
import type { Log } from '../../ports/log.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Store } from '../../ports/store.ts';
import type { Entry, OutputBatch, OutputVerdict } from '../../ports/store-entry.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import type { Clock } from '../../std/clock.ts';
import { Batcher } from '../../intake/batcher.ts';
import type { WorkerHealth } from '../host/worker-health.ts';

export interface JournalOptions {
  readonly store: Store;
  /** The worker in whose name entries are recorded. */
  readonly worker: WorkerId;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: Meter | undefined;
}

type OutputEntry =
  | { readonly chunk: OutputBatch['chunks'][number] }
  | { readonly progress: OutputBatch['progress'][number] };

/**
 * Makes durable what running code does (protocol/journal#records-and-output). What somebody asks for goes through the
 * outbox. Records go in groups and are awaited. Output has a batcher of its own, so that a chatty handler never delays
 * a step. What is answered is committed.
 */
export class Journal {
  readonly #records: Batcher<Entry, Verdict>;
  readonly #output: Batcher<OutputEntry, OutputVerdict>;

  constructor({ store, worker, clock, log, meter }: JournalOptions) {
    this.#records = new Batcher<Entry, Verdict>({
      name: 'records',
      send: (entries) => store.record({ worker, entries }),
      weigh: weighEntry,
      keysOf: (entry) => (entry.kind === 'try' && entry.child?.key ? [entry.child.key] : []),
      refused: 'refused',
      patience: 'for ever',
      clock,
      log,
      meter,
    });
    this.#output = new Batcher<OutputEntry, OutputVerdict>({
      name: 'output',
      send: (entries) => sendOutput(store, worker, entries),
      weigh: (entry) => ('chunk' in entry ? 100 + entry.chunk.bytes.length : 150),
      refused: 'ok', // a chunk is bytes: only progress can be refused, and it is not worth a failure
      patience: 'for ever',
      clock,
      log,
      meter,
    });
  }

  /** Never rejects: the group is repeated until the store answers (protocol/journal#a-store-that-is-away). */
  record(entry: Entry): Promise<Verdict> {
    return this.#records.push(entry);
  }

  /** `record` without a promise, for the hot path. */
  recordThen(entry: Entry, told: (verdict: Verdict) => void): void {
    this.#records.add(entry, told, neverRejected);
  }

  appendChunk(chunk: OutputBatch['chunks'][number]): Promise<OutputVerdict> {
    return this.#output.push({ chunk });
  }

  appendProgress(progress: OutputBatch['progress'][number]): Promise<OutputVerdict> {
    return this.#output.push({ progress });
  }

  /** Entries that were given and are in no group yet. */
  get uncommitted(): WorkerHealth['uncommitted'] {
    return { records: this.#records.waiting, output: this.#output.waiting };
  }

  /** New steps wait for this while the journal is full. */
  get isFull(): boolean {
    return this.#records.isFull;
  }

  room(): Promise<void> {
    return this.#records.room();
  }

  /** When the store stopped answering, by the monotonic clock; null while it answers. */
  get awaySince(): number | null {
    return this.#records.awaySince ?? this.#output.awaySince;
  }

  /** How long the group that is on its way has not been answered; 0 where none is. */
  get unansweredMs(): number {
    return Math.max(this.#records.unansweredMs, this.#output.unansweredMs);
  }

  /** Resolves when all that was given is committed. */
  async settled(): Promise<void> {
    await Promise.all([this.#output, this.#records].map((batcher) => batcher.settled()));
  }

  /** Stops sending again, for a process that has waited long enough. */
  abandon(): void {
    for (const batcher of [this.#output, this.#records]) batcher.abandon();
  }
}

/** Records are repeated until they are answered. */
function neverRejected(error: unknown): never {
  throw new Error('the journal gave up a record', { cause: error });
}

async function sendOutput(
  store: Store,
  worker: WorkerId,
  entries: readonly OutputEntry[],
): Promise<readonly OutputVerdict[]> {
  const chunks = entries.flatMap((entry) => ('chunk' in entry ? [entry.chunk] : []));
  const progress = entries.flatMap((entry) => ('progress' in entry ? [entry.progress] : []));
  const verdicts = await store.append({ worker, chunks, progress });
  let next = 0;
  return entries.map((entry) => ('chunk' in entry ? (verdicts[next++] ?? 'stale') : 'ok'));
}

function weighEntry(entry: Entry): number {
  switch (entry.kind) {
    case 'step':
    case 'outcome':
      return 300 + (entry.output?.length ?? 0) + (entry.error ? 1_000 : 0);
    case 'try':
      return 300 + (entry.child?.input?.length ?? 0) + (entry.output?.length ?? 0);
    default:
      return 200;
  }
}
