import type { Inspector } from '../../../ports/inspector.ts';
import type { Range } from '../../../ports/store-schedule.ts';
import type { Store } from '../../../ports/store.ts';
import type { Upkeep } from '../../../ports/upkeep.ts';

/** A namespace of its own on a real server or file, and the ways to it. */
export interface Fixture {
  /** With the small ports where the adapter has them; what it lacks is not tested. */
  readonly store: Store & Partial<Inspector> & Partial<Upkeep>;
  /** One more handle on the same data, as another process has it; of a store in memory the same store. */
  readonly second: () => Promise<Store>;
  /** Moves the store's clock, where it is injected; without it the suite waits until the store's clock has moved. */
  readonly advance?: (ms: number) => unknown;
  /** Ranges of a schedule, oldest first: the port has no way to read them. Without it that they are kept is not tested. */
  readonly ranges?: (schedule: string) => Promise<Range[]>;
  /** How many occurrences of a schedule the store remembers, in the same way. */
  readonly occurrences?: (schedule: string) => Promise<number>;
  /** Closes every handle and removes the data. */
  readonly close: () => Promise<void>;
}
