import type { HeartbeatReply, WorkerId } from '../../ports/store-worker.ts';
import { readAddress } from './address.ts';
import { openConnection } from './connection.ts';
import { heartbeat } from './roster.ts';

/** What `facts.heartbeat.options` of a store in MySQL holds. */
export interface HeartbeatOptions {
  readonly url: string;
  readonly prefix: string;
}

export interface HeartbeatSender {
  heartbeat(report: { worker: WorkerId; load?: number; stalled?: boolean }): Promise<HeartbeatReply>;
  close(): Promise<void>;
}

/** A heartbeat that hangs is of no use: the next one comes in two seconds. */
const timeoutMs = 5_000;

/**
 * Makes heartbeats in a thread of its own, while the main loop is blocked (protocol/liveness#heartbeats). It has one
 * connection and nothing else.
 */
export async function openHeartbeat({ url, prefix }: HeartbeatOptions): Promise<HeartbeatSender> {
  const db = await openConnection({ address: readAddress(url, prefix), max: 1, timeoutMs });
  return { heartbeat: (report) => heartbeat(db, report), close: () => db.close() };
}
