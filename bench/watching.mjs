// What it costs to be watched: runs of three steps through the engine, on SQLite with synchronous=FULL.
//
//   npm run build && node bench/watching.mjs
//
// The kinds take turns, so that what else the machine does meets all of them; each is compared with its own round.
// @ts-check
import { trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { openSpanTracer } from '../dist/adapters/opentelemetry/index.js';
import { Meters } from '../dist/app/meters.js';
import { EngineMetrics } from '../dist/http/metrics/engine-metrics.js';
import { defineJob } from '../dist/index.js';
import { rateOf } from './engine-rate.mjs';
import { report, round } from './support.mjs';

const job = defineJob({
  name: 'three-steps',
  async run({ step }) {
    await step('a', () => 1);
    await step('b', () => 2);
    await step('c', () => 3);
  },
});
const seconds = Number(process.env['BENCH_SECONDS'] ?? 4);
const rounds = 5;

/** Made anew each time. @type {Record<string, () => { meter?: Meters, tracer?: import('../dist/ports/tracer.js').Tracer }>} */
const kinds = {
  'no meter, no tracer': () => ({}),
  'a meter, nobody listens': () => ({ meter: new Meters() }),
  'metrics of prom-client': () => {
    const meter = new Meters();
    meter.listen(new EngineMetrics(new Registry(), () => true));
    return { meter };
  },
  'spans that go nowhere': () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider());
    return { tracer: openSpanTracer('0') };
  },
};

const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-'));
/** @type {Map<string, number[]>} */
const rates = new Map(Object.keys(kinds).map((name) => [name, []]));
try {
  for (let n = 0; n < rounds; n++) {
    for (const [name, open] of Object.entries(kinds)) {
      const store = `sqlite:${join(folder, `${n}-${rates.get(name)?.length}-${name.length}.db`)}`;
      rates.get(name)?.push(await rateOf({ store, job, inFlight: 500, seconds, ...open() }));
      trace.disable();
    }
  }
  const base = rates.get('no meter, no tracer') ?? [];
  const rows = [...rates].map(([name, own]) => {
    const ratios = own.map((rate, i) => rate / (base[i] ?? rate));
    return [name, `${round(median(own))} runs/s`, `${median(ratios).toFixed(2)} ×`];
  });
  for (const row of rows) console.log(row.join('   '));
  await report({
    name: 'watching',
    title: 'What it costs to be watched, three steps a run, 500 in flight, SQLite synchronous=FULL',
    command: 'node bench/watching.mjs',
    head: ['case', `median of ${rounds}`, 'to nobody, in the same round'],
    rows,
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @param {number[]} numbers */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
