import type { WorkerId } from '../ports/store-worker.ts';
import { systemClock } from '../std/clock.ts';
import { threadPort } from '../std/thread.ts';
import type { BeatOrders } from './heartbeat.ts';

/** What the module named by `store.facts.beat` exports, so that the engine knows no adapter. */
interface BeatModule {
  openBeat(options: unknown): Promise<{
    beat(pulse: { worker: WorkerId }): Promise<void>;
    close(): Promise<void>;
  }>;
}

const port = threadPort<'stop', { readonly failed: string }>();
const { module, options, worker, everyMs } = port.data as BeatOrders;
const stopping = new AbortController();

port.onMessage(() => stopping.abort());

const { openBeat } = (await import(module)) as BeatModule;
let opened: Awaited<ReturnType<BeatModule['openBeat']>> | undefined;
while (!stopping.signal.aborted) {
  try {
    opened ??= await openBeat(options);
    await opened.beat({ worker });
  } catch (error) {
    port.post({ failed: error instanceof Error ? error.message : String(error) });
    await opened?.close().catch(() => undefined);
    opened = undefined;
  }
  await systemClock.sleep(everyMs, stopping.signal).catch(() => undefined);
}
await opened?.close();
port.close();
