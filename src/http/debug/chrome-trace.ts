import type { App } from '../../app/app.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Claim } from '../../ports/store-claim.ts';
import { InspectorSession } from './inspector-session.ts';

/**
 * What Node and V8 do from now until `until` resolves, and which attempts begin and end, as JSON in the Trace Event
 * Format: `chrome://tracing` and ui.perfetto.dev open it. Ends early when it has grown beyond 64 MB.
 */
export async function traceEvents(app: App, until: Promise<unknown>): Promise<string[]> {
  const parts: string[] = [];
  const full = new AbortController();
  let size = 0;
  const keep = (events: readonly object[]): void => {
    if (events.length === 0 || full.signal.aborted) return;
    const text = events.map((event) => JSON.stringify(event)).join(',\n');
    parts.push(parts.length === 0 ? text : `,\n${text}`);
    size += text.length;
    if (size > maxBytes) full.abort();
  };
  await InspectorSession.use(async (session) => {
    session.on('NodeTracing.dataCollected', ({ value }: { value: readonly object[] }) => keep(value));
    const complete = new Promise<void>((resolve) => session.on('NodeTracing.tracingComplete', () => resolve()));
    await session.post('NodeTracing.start', {
      traceConfig: { recordMode: 'recordContinuously', includedCategories: categories },
    });
    const stop = app.insight.measure(attempts((event) => keep([event])));
    const isFull = new Promise((resolve) => full.signal.addEventListener('abort', resolve, { once: true }));
    await Promise.race([until, isFull]);
    stop();
    await session.post('NodeTracing.stop');
    await complete;
  });
  return ['{"traceEvents":[\n', ...parts, '\n]}\n'];
}

/** Attempts as asynchronous events, which may overlap; their instants are on the clock of Node's own events. */
function attempts(emit: (event: object) => void): Meter {
  const event = (ph: 'b' | 'e', { run, job, attempt, trigger }: Claim, more: object = {}): void =>
    emit({
      ph,
      cat: 'onejob',
      name: job,
      id: run,
      pid: process.pid,
      tid: process.pid,
      ts: Number(process.hrtime.bigint() / 1_000n),
      args: { run, attempt, trigger, ...more },
    });
  const nothing = (): void => undefined;
  return {
    began: (claim) => event('b', claim),
    ended: (claim, outcome) => event('e', claim, { outcome }),
    zombieHandler: nothing,
    settledLate: nothing,
    internalError: nothing,
    endedByStore: nothing,
    committed: nothing,
    heartbeat: nothing,
    tookOver: nothing,
    evicted: nothing,
  };
}

const categories = ['v8', 'node.perf', 'node.async_hooks', 'node.fs.sync', 'node.http', 'node.threadpoolwork.async'];
const maxBytes = 64 * 1_048_576;
