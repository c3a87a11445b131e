import type { FinalState } from '../job/state.ts';

/** How an attempt left its worker. `lost`: another worker has the run now, and this attempt wrote nothing. */
export type AttemptEnd = FinalState | 'retried' | 'parked' | 'handedBack' | 'lost';
