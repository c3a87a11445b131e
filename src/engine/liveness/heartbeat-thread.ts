import type { WorkerId } from '../../ports/store-worker.ts';
import { systemClock } from '../../std/clock.ts';
import { threadPort } from '../../std/thread.ts';
import type { HeartbeatOrders } from './heartbeat.ts';

/** The exports of the module that `store.facts.heartbeat` names. So the engine knows no adapter. */
interface HeartbeatModule {
  openHeartbeat(options: unknown): Promise<HeartbeatSender>;
}

interface HeartbeatSender {
  heartbeat(report: { worker: WorkerId; stalled: boolean }): Promise<void>;
  close(): Promise<void>;
}

const stalledAfterMs = 5_000;
const port = threadPort<'stop' | 'alive', { readonly failed: string }>();
const orders = port.data as HeartbeatOrders;
const stopping = new AbortController();
let aliveAt = systemClock.monotonic();
let opened: HeartbeatSender | undefined;

port.onMessage((message) => {
  if (message === 'alive') aliveAt = systemClock.monotonic();
  else stopping.abort();
});

while (!stopping.signal.aborted) {
  const silentMs = systemClock.monotonic() - aliveAt;
  if (orders.exitOnStall && silentMs > exitAfterMs()) process.kill(process.pid, 'SIGKILL'); // nothing gentler is heard
  if (orders.module !== null) await heartbeat(orders.module, silentMs > stalledAfterMs);
  await systemClock.sleep(orders.everyMs, stopping.signal).catch(() => undefined);
}
await opened?.close();
port.close();

async function heartbeat(module: string, stalled: boolean): Promise<void> {
  try {
    opened ??= await ((await import(module)) as HeartbeatModule).openHeartbeat(orders.options);
    await opened.heartbeat({ worker: orders.worker, stalled });
  } catch (error) {
    port.post({ failed: error instanceof Error ? error.message : String(error) });
    await opened?.close().catch(() => undefined);
    opened = undefined;
  }
}

/** Five minutes (protocol/liveness#limits-and-stalls); a test may shorten it. */
function exitAfterMs(): number {
  return Number(process.env['ONEJOB_STALL_MS'] ?? 300_000);
}
