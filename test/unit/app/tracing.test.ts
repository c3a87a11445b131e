import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHandler } from '../../../src/http/handler.ts';
import { defineJob } from '../../../src/job/define.ts';
import { PermanentError } from '../../../src/job/failure.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

const exporter = new InMemorySpanExporter();
/** Ids of spans in the order in which they began: their times are too coarse for that. */
const begun: string[] = [];
const order: SpanProcessor = {
  onStart: (span) => void begun.push(span.spanContext().spanId),
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
const given = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const traceparent = `00-${given.traceId}-${given.spanId}-01`;

/** What the program of a user does to collect spans. */
function collect(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new BasicTracerProvider({ spanProcessors: [order, new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
}

beforeEach(() => exporter.reset());
afterEach(() => {
  for (const api of [trace, context, propagation]) api.disable();
});

/** Each span with that above it, both by their names, in the order in which they began. */
function tree(): string[] {
  const place = (span: ReadableSpan) => begun.indexOf(span.spanContext().spanId);
  const spans = exporter.getFinishedSpans().toSorted((a, b) => place(a) - place(b));
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  names.set(given.spanId, 'caller');
  return spans.map(({ name, parentSpanContext }) => `${name} < ${names.get(parentSpanContext?.spanId ?? '') ?? '-'}`);
}

function named(name: string): ReadableSpan {
  const span = exporter.getFinishedSpans().find((each) => each.name === name);
  if (!span)
    throw new Error(
      `no span ${name} among ${exporter
        .getFinishedSpans()
        .map((each) => each.name)
        .join()}`,
    );
  return span;
}

const traceIds = (): string[] => [...new Set(exporter.getFinishedSpans().map((span) => span.spanContext().traceId))];

test('EGO-19 run, attempt and steps are spans of the trace that was handed in, and spans of the handler nest', async () => {
  collect();
  const tracer = trace.getTracer('mine');
  const job = defineJob({
    name: 'work',
    run: async ({ step, run }) => {
      await step('fetch', () => tracer.startActiveSpan('sql', (span) => span.end()));
      await tracer.startActiveSpan('mine', async (span) => {
        await step(['charge', 7], ({ attempt }) => Promise.resolve(attempt));
        span.end();
      });
      return run.traceparent;
    },
  });
  const { run } = openApp([job]);
  const done = await run('work', { headers: [['Traceparent', traceparent]], key: 'k' });
  expect(tree()).toEqual([
    'run work < caller',
    'attempt work < run work',
    'step fetch < attempt work',
    'sql < step fetch',
    'mine < attempt work',
    'step charge < mine',
  ]);
  expect(traceIds()).toEqual([given.traceId]);
  expect(done.traceId).toBe(given.traceId);
  const attempt = named('attempt work').spanContext();
  expect(JSON.parse(done.output ?? '')).toBe(`00-${given.traceId}-${attempt.spanId}-01`);
  expect(named('run work').attributes).toMatchObject({
    'messaging.system': 'onejob',
    'messaging.destination.name': 'work',
    'messaging.message.id': done.id,
    'onejob.run.key': 'k',
    'onejob.outcome': 'succeeded',
  });
  expect(named('step charge').attributes).toEqual({ 'onejob.step': 'charge:7', 'onejob.step.try': 1 });
});

test('a failure is recorded in each span that it passes through, with its code', async () => {
  collect();
  const job = defineJob({
    name: 'work',
    run: ({ step }) =>
      step('charge', () => {
        throw new PermanentError('no such card');
      }),
  });
  await openApp([job]).run('work');
  for (const name of ['step charge', 'attempt work', 'run work']) {
    const { status, events, attributes } = named(name);
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'no such card' });
    expect(events.map((event) => event.name)).toEqual(['exception']);
    expect(attributes['error.type']).toBe('JOB_FAILED');
  }
});

test('what is replayed makes no span, and each try makes one', async () => {
  collect();
  const job = defineJob({
    name: 'work',
    retry: { attempts: 2, delay: 0 },
    run: async ({ step, attempt }) => {
      await step('once', () => 1);
      await step('twice', { retry: { attempts: 2, delay: 0 } }, ({ attempt: tried }) => {
        if (tried === 1) throw new Error('again');
      });
      if (attempt === 1) throw new Error('once more');
    },
  });
  const { run } = openApp([job]);
  await run('work');
  expect(tree()).toEqual([
    'run work < -',
    'attempt work < run work',
    'step once < attempt work',
    'step twice < attempt work',
    'step twice < attempt work',
    'attempt work < run work',
  ]);
  const attempts = exporter.getFinishedSpans().filter(({ name }) => name === 'attempt work');
  expect(attempts.map(({ attributes }) => attributes['onejob.outcome'])).toEqual(['retried', 'succeeded']);
  expect(attempts.map(({ attributes }) => attributes['onejob.replayed_steps'])).toEqual([0, 2]);
});

test('children and callbacks go on in the trace of their run', async () => {
  collect();
  const child = defineJob({ name: 'child', run: () => 1 });
  const job = defineJob({ name: 'work', run: ({ step }) => step.run('part', child, undefined) });
  const { run } = openApp([job, child]);
  const { traceId } = await run('work');
  expect(traceIds()).toEqual([traceId]);
  expect(tree()).toContain('run child < attempt work');
});

test('a run that parks and goes on in the same process has one span, and an attempt for each time', async () => {
  collect();
  const job = defineJob({ name: 'work', run: ({ step }) => step.wait('go') });
  const { app } = openApp([job], { limits: { parkAfter: 1 }, roles: ['worker'] });
  await app.start();
  const handle = await app.client.enqueue('work');
  await until('it has parked', async () => (await app.client.find(handle.id)).state === 'waiting');
  await app.client.send(handle.id, 'go');
  await handle.result({ timeout: '50s' });
  await app.stop();
  expect(tree()).toEqual(['run work < -', 'attempt work < run work', 'attempt work < run work']);
  const attempts = exporter.getFinishedSpans().filter(({ name }) => name === 'attempt work');
  expect(attempts.map(({ attributes }) => attributes['onejob.outcome'])).toEqual(['parked', 'succeeded']);
});

test('the span of a run that only waits ends when its process stops', async () => {
  collect();
  const store = await fileStore();
  const job = defineJob({ name: 'work', run: ({ step }) => step.wait('never') });
  const { app } = openApp([job], { store, limits: { parkAfter: 1 }, roles: ['worker'] });
  await app.start();
  const { id } = await app.client.enqueue('work');
  await until('it has parked', async () => (await app.client.find(id)).state === 'waiting');
  await app.stop();
  expect(named('run work').attributes['onejob.outcome']).toBe('parked');
});

test('who enqueues inside a span is the parent of the run, also in another process', async () => {
  collect();
  const store = await fileStore();
  const job = defineJob({ name: 'work', run: () => 1 });
  const web = openApp([job], { store }).app;
  const worker = openApp([job], { store }).app;
  await worker.start();
  await trace.getTracer('mine').startActiveSpan('request', async (span) => {
    const handle = await web.client.enqueue('work');
    span.end();
    await handle.result({ timeout: '50s' });
  });
  await worker.stop();
  expect(tree()).toEqual(['request < -', 'run work < request', 'attempt work < run work']);
});

test('a run that comes without a trace has one of its own, the same for whoever executes it', async () => {
  const job = defineJob({ name: 'work', run: ({ run }) => run.traceparent });
  const quiet = await openApp([job]).run('work');
  const made = JSON.parse(quiet.output ?? '') as string;
  expect(made).toMatch(new RegExp(`^00-${quiet.traceId}-[0-9a-f]{16}-01$`));
  expect(exporter.getFinishedSpans()).toEqual([]);
  const asked = await openApp([job]).run('work', { headers: [['traceparent', traceparent]] });
  expect(JSON.parse(asked.output ?? '')).toBe(traceparent);
});

test.each([
  ['POST /jobs', '/jobs', { 'X-Ego-Job-Name': 'work', 'X-Ego-Job-RunID': 'r1' }],
  ['POST /api/v1/jobs/work/runs', '/api/v1/jobs/work/runs', { Prefer: 'wait=30', 'Content-Type': 'application/json' }],
])('EGO-19 a traceparent over HTTP is continued: %s', async (_, path, headers) => {
  collect();
  const { app } = openApp([defineJob({ name: 'work', run: () => 1 })], { roles: ['worker'] });
  await app.start();
  const handler = createHandler(app, {});
  const request = new Request(`http://127.0.0.1${path}`, { method: 'POST', headers: { ...headers, traceparent } });
  expect((await handler(request)).status).toBe(200);
  expect(tree()).toEqual(['run work < caller', 'attempt work < run work']);
});

test('a malformed traceparent starts a new trace', async () => {
  const job = defineJob({ name: 'work', run: ({ run }) => run.traceparent });
  const bad = ['ff' + traceparent.slice(2), traceparent.replace(given.spanId, '0'.repeat(16)), `${traceparent}-x`, 'x'];
  for (const value of bad) {
    const { traceId, output } = await openApp([job]).run('work', { headers: [['traceparent', value]] });
    expect(traceId).not.toBe(given.traceId);
    expect(output).toContain(traceId);
  }
});

test('a query that is executed by being awaited is executed once, and below the span of its step', async () => {
  collect();
  let executions = 0;
  /** As queries of Drizzle and Knex are: each `then` sends them. */
  const query: PromiseLike<number> = {
    then: (resolve, reject) => {
      executions++;
      trace.getTracer('mine').startSpan('sql').end();
      return Promise.resolve(executions).then(resolve, reject);
    },
  };
  const job = defineJob({ name: 'work', run: ({ step }) => step('insert', () => query as Promise<number>) });
  const { run } = openApp([job]);
  expect(await run('work')).toMatchObject({ state: 'succeeded', output: '1' });
  expect(executions).toBe(1);
  expect(tree().slice(1)).toEqual(['attempt work < run work', 'step insert < attempt work', 'sql < step insert']);
});
