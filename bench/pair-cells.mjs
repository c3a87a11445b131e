// One figure of one build, in a process of its own: node bench/pair-cells.mjs CELL ROOT STORE prints a number.
// @ts-check
import process, { argv, env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { percentiles } from './support.mjs';

/** @typedef {typeof import('../dist/index.js')} Onejob */
/** @typedef {import('../dist/index.js').AnyJob} AnyJob */
/** @typedef {{ onejob: Onejob, root: string, store: string, seconds: number }} Build */
/** @typedef {{ title: string, unit: string, isTime?: boolean, measure: (build: Build) => Promise<number> }} Cell */

/** @type {Record<string, Cell>} */
export const cells = {
  executed: { title: 'no-op runs executed, 100 in flight', unit: '/s', measure: (build) => executed(build, noop, 100) },
  stepped: {
    title: 'runs of three steps executed, 500 in flight',
    unit: '/s',
    measure: (build) => executed(build, three, 500),
  },
  bulk: { title: 'no-ops enqueued, two callers, batches of 1,000', unit: '/s', measure: enqueued },
  drained: { title: 'no-ops drained by one worker', unit: '/s', measure: (build) => drained(build, noop, 20_000) },
  steps: { title: 'runs of three steps drained', unit: '/s', measure: (build) => drained(build, three, 5_000) },
  start: {
    title: 'enqueue to start, idle, p50',
    unit: 'ms',
    isTime: true,
    measure: async (build) => (await alone(build)).start,
  },
  result: {
    title: 'end to result(), idle, p50',
    unit: 'ms',
    isTime: true,
    measure: async (build) => (await alone(build)).result,
  },
};

const noop = () => undefined;
/** @param {{ step: any }} context */
async function three({ step }) {
  await step('a', () => 1);
  await step('b', () => 2);
  await step('c', () => 3);
}

if (process.argv[1] === import.meta.filename || process.argv[1]?.endsWith('pair-cells.mjs')) {
  const [name = '', root = '', store = ''] = argv.slice(2);
  const onejob = await import(pathToFileURL(`${root}/dist/index.js`).href);
  const figure = await cells[name]?.measure({ onejob, root, store, seconds: Number(env['BENCH_SECONDS'] ?? 3) });
  console.log(figure);
  process.exit(0);
}

/** Submitted, held and executed by one process. @param {Build} build @param {any} run @param {number} inFlight */
async function executed({ onejob, root, store, seconds }, run, inFlight) {
  const { rateOf } = await import(pathToFileURL(`${root}/bench/engine-rate.mjs`).href);
  return rateOf({ store, job: onejob.defineJob({ name: 'work', run }), inFlight, seconds });
}

/** @param {Build} build */
async function enqueued({ onejob, store, seconds }) {
  const job = onejob.defineJob({ name: 'work', run: noop });
  const client = onejob.createClient({ store });
  const items = Array.from({ length: 1_000 }, () => ({ input: undefined }));
  await client.enqueueMany(job, items);
  let done = 0;
  const begun = performance.now();
  const chain = async () => {
    while (performance.now() - begun < 1_000 * seconds) {
      await client.enqueueMany(job, items);
      done += items.length;
    }
  };
  await Promise.all([chain(), chain()]);
  const rate = (1_000 * done) / (performance.now() - begun);
  await client.close();
  return rate;
}

/** From the start of the worker to the end of the last handler. @param {Build} build @param {any} run @param {number} size */
async function drained({ onejob, store }, run, size) {
  let ended = 0;
  /** @type {() => void} */
  let onAll = () => undefined;
  const all = new Promise((resolve) => (onAll = () => resolve(undefined)));
  const job = onejob.defineJob({
    name: 'work',
    run: async (/** @type {any} */ context) => {
      await run(context);
      if (++ended === size) onAll();
    },
  });
  const client = onejob.createClient({ store });
  for (let from = 0; from < size; from += 1_000) {
    await client.enqueueMany(
      job,
      Array.from({ length: 1_000 }, () => ({ input: undefined })),
    );
  }
  await client.close();
  const app = onejob.createApp({ jobs: [job], store, concurrency: 500, log: { level: 'warn' } });
  const begun = performance.now();
  await app.start();
  await all;
  const rate = (1_000 * size) / (performance.now() - begun);
  await app.stop();
  return rate;
}

/** One run after the other, the worker idle in between. @param {Build} build */
async function alone({ onejob, store }) {
  /** @type {number[]} */
  const starts = [];
  /** @type {number[]} */
  const results = [];
  let ended = 0;
  const job = onejob.defineJob({ name: 'work', run: () => (ended = performance.now()) });
  const app = onejob.createApp({ jobs: [job], store, log: { level: 'warn' } });
  await app.start();
  for (let i = 0; i < 120; i++) {
    await sleep(20 + Math.random() * 20);
    const begun = performance.now();
    const handle = await app.client.enqueue(job, undefined);
    const started = await handle.result();
    starts.push(started - begun);
    results.push(performance.now() - ended);
  }
  await app.stop();
  return { start: percentiles(starts.slice(20)).p50, result: percentiles(results.slice(20)).p50 };
}
