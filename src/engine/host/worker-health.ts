/** What a worker says of itself at this moment. */
export interface WorkerHealth {
  readonly slots: number;
  readonly usedSlots: number;
  /** Runs in memory: those in a slot, and those that only wait and have not parked yet. */
  readonly running: number;
  /** How long the store has not accepted records; null while it answers. */
  readonly storeAwayMs: number | null;
  /** Entries of the journal that wait for the group before them, by batcher. */
  readonly uncommitted: { readonly records: number; readonly output: number };
}
