import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { createInstalled, onejob, startOnejob } from '../support/onejob.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
let folder: string;

/** What a program registers; each finished span becomes a line of a file. */
const tracing = `
import { appendFileSync } from 'node:fs';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const exporter = {
  export(spans, done) {
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext();
      const above = span.parentSpanContext?.spanId;
      appendFileSync('spans', JSON.stringify({ name: span.name, traceId, spanId, above, attributes: span.attributes }) + '\\n');
    }
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
};
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
`;

const job = `
import { existsSync, writeFileSync } from 'node:fs';
import { defineJob } from 'onejob';
export default defineJob({
  name: 'work',
  run: async ({ step }) => {
    await step('first', () => 1);
    await step('second', async () => {
      writeFileSync('began', '');
      while (!existsSync('go')) await new Promise((next) => setTimeout(next, 5));
    });
  },
});
`;

interface ReadSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly above?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

async function spans(): Promise<ReadSpan[]> {
  const text = await readFile(join(folder, 'spans'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ReadSpan);
}

const env = { NODE_OPTIONS: '--import ./tracing.js' };

beforeEach(async () => {
  folder = await createInstalled({ 'tracing.js': tracing, 'jobs/work.job.js': job });
  await symlink(join(root, 'node_modules/@opentelemetry'), join(folder, 'node_modules/@opentelemetry'));
});

test('EGO-19 the command line makes spans where --import registers what collects them', async () => {
  await writeFile(join(folder, 'go'), '');
  const header = `traceparent=00-${trace}-00f067aa0ba902b7-01`;
  expect((await onejob(['run', 'work', '--header', header], { cwd: folder, env })).code).toBe(0);
  const found = await spans();
  expect(found.map(({ name }) => name)).toEqual(['step first', 'step second', 'attempt work', 'run work']);
  expect(new Set(found.map(({ traceId }) => traceId))).toEqual(new Set([trace]));
  expect(found.at(-1)?.above).toBe('00f067aa0ba902b7');
});

test('EGO-19 who takes a run over goes on in its trace, and makes no span of what it replays', async () => {
  const started = startOnejob(['run', 'work', '--key', 'k'], { cwd: folder, env });
  await until('the second step has begun', () => readFile(join(folder, 'began')).catch(() => null));
  started.child.kill('SIGKILL');
  await started.ended;
  expect((await spans()).map(({ name }) => name)).toEqual(['step first']);
  await writeFile(join(folder, 'go'), '');
  expect((await onejob(['run', 'work', '--key', 'k'], { cwd: folder, env })).code).toBe(0);
  const found = await spans();
  expect(found.map(({ name }) => name)).toEqual(['step first', 'step second', 'attempt work', 'run work']);
  expect(new Set(found.map(({ traceId }) => traceId)).size).toBe(1);
  expect(found[2]?.attributes).toMatchObject({ 'onejob.replayed_steps': 1, 'onejob.crashes': 1 });
});
