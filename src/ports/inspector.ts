import type { PauseTarget } from './store-ask.ts';

/** What operators ask of a store beyond the life of runs: the second, small port (STORE §5). Read-only. */
export interface Inspector {
  /** Everything that is paused now, by name. */
  pauses(): Promise<Pause[]>;
}

export interface Pause {
  readonly type: PauseTarget['type'];
  readonly name: string;
  readonly reason: string | null;
  readonly actor: string;
  readonly since: number;
  /** By the store's clock; null: until resumed. */
  readonly until: number | null;
}
