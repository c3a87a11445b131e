import type { Pulse, WorkerId } from '../../ports/store-worker.ts';
import { readAddress } from './address.ts';
import { openConnection } from './connection.ts';
import { beat } from './roster.ts';

/** What `facts.beat.options` of a store in MySQL holds. */
export interface BeatOptions {
  readonly url: string;
  readonly prefix: string;
}

export interface Beat {
  beat(pulse: { worker: WorkerId; load?: number; stalled?: boolean }): Promise<Pulse>;
  close(): Promise<void>;
}

/** A beat that hangs is of no use: the next one comes in two seconds. */
const timeoutMs = 5_000;

/** For a thread of its own, which beats while the main loop is blocked (STORE §3.1): one connection, nothing else. */
export async function openBeat({ url, prefix }: BeatOptions): Promise<Beat> {
  const db = await openConnection({ address: readAddress(url, prefix), max: 1, timeoutMs });
  return { beat: (pulse) => beat(db, pulse), close: () => db.close() };
}
