import { Hono, type Context } from 'hono';
import type { App } from '../../app/app.ts';
import { maskArguments } from '../../app/config/mask.ts';
import { requireRight } from '../auth.ts';
import type { Env } from '../environment.ts';
import { traceEvents } from './chrome-trace.ts';
import { profileCpu, profileHeap } from './profiler.ts';
import { runsText } from './running-runs.ts';
import { measuringWindow, readSeconds } from './window.ts';

/** The routes of Go's net/http/pprof, so that its tools read this process (contract EGO-21). */
export function pprofRoutes(app: App, ending: AbortSignal): Hono<Env> {
  const routes = new Hono<Env>();
  routes.use('/debug/pprof/*', requireRight('write'));
  routes.on('GET', ['/debug/pprof', '/debug/pprof/'], (context) => context.text(index));
  routes.get('/debug/pprof/cmdline', (context) => context.text(maskArguments(process.argv).join('\u0000')));
  routes.get('/debug/pprof/goroutine', (context) => context.text(runsText(app)));
  routes.get('/debug/pprof/profile', (context) =>
    measured(context, ending, 30, async (until, seconds) => file(await profileCpu(until, seconds), 'profile.pb.gz')),
  );
  routes.get('/debug/pprof/heap', (context) =>
    measured(context, ending, 5, async (until) => file(await profileHeap(until), 'heap.pb.gz')),
  );
  routes.get('/debug/pprof/trace', (context) =>
    measured(context, ending, 1, async (until) => {
      const parts = new Blob(await traceEvents(app, until));
      return new Response(parts, { headers: { 'Content-Type': 'application/json' } });
    }),
  );
  return routes;
}

async function measured(
  context: Context<Env>,
  ending: AbortSignal,
  otherwise: number,
  measure: (until: Promise<unknown>, seconds: number) => Promise<Response>,
): Promise<Response> {
  const seconds = readSeconds(context.req.query('seconds'), otherwise);
  if (seconds === null) return context.text('seconds must be a number from 0.001 to 300\n', 400);
  const { busyMs } = measuringWindow;
  if (busyMs > 0) {
    const wait = Math.ceil(busyMs / 1_000);
    const text = `this process is being measured already, for ${wait} s more; one measurement at a time\n`;
    return context.text(text, 409, { 'Retry-After': String(wait) });
  }
  return measuringWindow.open(seconds, [context.req.raw.signal, ending], (until) => measure(until, seconds));
}

function file(bytes: Uint8Array<ArrayBuffer>, name: string): Response {
  const disposition = `attachment; filename="${name}"`;
  return new Response(bytes, {
    headers: { 'Content-Type': 'application/octet-stream', 'Content-Disposition': disposition },
  });
}

const index = `/debug/pprof/

profile?seconds=30    what the main thread computes: go tool pprof http://ADDRESS/debug/pprof/profile?seconds=10
heap?seconds=5        what is allocated in that time and still in use
trace?seconds=1       what Node, V8 and the runs do, for chrome://tracing and ui.perfetto.dev
goroutine             runs in execution, with age, steps and thread; as JSON: /debug/runs
cmdline               the command line
`;
