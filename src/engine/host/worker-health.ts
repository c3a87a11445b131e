/** How a worker is, at this moment. */
export interface WorkerHealth {
  readonly slots: number;
  readonly usedSlots: number;
  /** Runs in memory: those in a slot, and those that only wait and have not parked yet. */
  readonly running: number;
  /** How long the store has not taken what runs recorded; null while it answers. */
  readonly storeAwayMs: number | null;
  /** Entries of the journal, by lane, that wait for the group before them. */
  readonly uncommitted: { readonly records: number; readonly output: number };
}
