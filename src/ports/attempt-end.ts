import type { FinalState } from '../job/state.ts';

/** How an attempt left its worker. `lost`: the run is another's now, nothing was written. */
export type AttemptEnd = FinalState | 'retried' | 'parked' | 'handedBack' | 'lost';
