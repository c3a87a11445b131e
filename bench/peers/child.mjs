// One process per system, alive through all rounds, so that its code is warm. Takes { measure, url, fast, … } as a
// message and answers with figures; a fresh store each time.
// @ts-check
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {import('./contenders.mjs').System} System
 *
 * @typedef {object} Task
 * @property {string} measure
 * @property {string} url
 * @property {boolean} fast
 * @property {number} seconds
 * @property {number} size At most so many runs.
 */

/** @type {{ open: (options: { url: string, fast: boolean }) => Promise<System> }} */
const { open } = await import(`./systems/${process.argv[2]}.mjs`);
/** @type {Record<string, (system: System, task: Task) => Promise<unknown>>} */
const measures = { bulk, steps, latency, history, flood };

/** What the driver does between the halves of a measure. @type {(() => void) | undefined} */
let goOn;
process.on('message', (/** @type {Task | 'go on' | 'leave'} */ message) => {
  if (message === 'leave') process.exit(0);
  if (message === 'go on') return goOn?.();
  void answer(message);
});
/** @param {Task} task */
async function answer(task) {
  /** @type {System | undefined} */
  let system;
  try {
    const measure = measures[task.measure];
    if (measure === undefined) throw new Error(`no measure ${task.measure}`);
    system = await open(task);
    const figures = await measure(system, task);
    await system.close();
    process.send?.({ figures });
  } catch (error) {
    await system?.close().catch(() => {});
    process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

/** Enqueues for some seconds, then drains it all. @param {System} system @param {Task} task */
async function bulk(system, { seconds, size }) {
  if (system.enqueue === undefined) return {};
  const { enqueue, batch } = system;
  let from = 0;
  const begun = performance.now();
  const chain = async () => {
    while (from < size && performance.now() - begun < 1_000 * seconds) {
      from += batch;
      await enqueue(from - batch, batch);
    }
  };
  await Promise.all([chain(), chain()]);
  const enqueued = (1_000 * from) / (performance.now() - begun);
  await betweenHalves();
  return { enqueued, drained: await drain(system, from, seconds) };
}

/** @param {System} system @param {Task} task */
async function steps(system, { seconds, size, fast }) {
  if (system.runThree !== undefined) {
    const { runThree } = system;
    let done = 0;
    const begun = performance.now();
    const chain = async () => {
      while (performance.now() - begun < 1_000 * seconds) {
        await runThree();
        done++;
      }
    };
    await Promise.all(Array.from({ length: fast ? 100 : 10 }, chain));
    return { runs: (1_000 * done) / (performance.now() - begun) };
  }
  if (system.enqueueThree === undefined) return {};
  const { enqueueThree, batch } = system;
  let from = 0;
  const begun = performance.now();
  while (from < size && performance.now() - begun < 1_000 * seconds) {
    await enqueueThree(from, batch);
    from += batch;
  }
  await betweenHalves();
  return { runs: await drain(system, from, seconds) };
}

/** From enqueue to the first instruction of the handler, the worker idle. @param {System} system @param {Task} task */
async function latency(system, { seconds }) {
  /** @type {(() => void) | undefined} */
  let arrived;
  const stop = await system.work(() => arrived?.(), 'latency');
  /** @type {number[]} */
  const found = [];
  const begun = performance.now();
  for (
    let i = 0;
    i < 220 && (found.length < Math.min(3, seconds) || performance.now() - begun < 1_000 * seconds);
    i++
  ) {
    await sleep(20 + Math.random() * 20);
    const started = new Promise((resolve) => (arrived = () => resolve(performance.now())));
    const asked = performance.now();
    await system.enqueueOne();
    const ms = (await started) - asked;
    if (i > 0) found.push(ms);
  }
  await stop();
  return { ms: found };
}

/** Fills the store with finished runs, or, with none to fill in, drains a few and tells the rate. */
async function history(/** @type {System} */ system, /** @type {Task} */ { size, seconds }) {
  const { enqueue, batch } = system;
  if (enqueue === undefined) return {};
  let from = 0;
  while (from < size) {
    await enqueue(from, batch);
    from += batch;
  }
  await betweenHalves();
  return { drained: await drain(system, from, seconds) };
}

/** 800 runs arrive each second; tells each second how many have not begun. @param {System} system @param {Task} task */
async function flood(system, { seconds }) {
  const { enqueue } = system;
  if (enqueue === undefined) return {};
  let begun = 0;
  const stop = await system.work(() => begun++);
  const backlog = [];
  const start = performance.now();
  let asked = 0;
  let told = 0;
  for (let ms = 0; ms < 1_000 * seconds; ms = performance.now() - start) {
    const wanted = Math.floor(0.8 * ms);
    if (wanted > asked) {
      await enqueue(asked, wanted - asked);
      asked = wanted;
    }
    if (ms >= 1_000 * (told + 1)) {
      backlog.push(asked - begun);
      told++;
    }
    await sleep(10);
  }
  await stop();
  return { backlog, asked, begun };
}

/**
 * From the start of one worker to the last begin of `count` handlers; a system that needs very long for it is stopped
 * after half as long again and judged by what it did.
 *
 * @param {System} system @param {number} count @param {number} seconds
 */
async function drain(system, count, seconds) {
  let begun = 0;
  let lastAt = 0;
  const done = new AbortController();
  const finished = once(done.signal, 'abort');
  const started = performance.now();
  const stop = await system.work(() => {
    if (++begun < count) return;
    lastAt = performance.now();
    done.abort();
  });
  const limit = new AbortController();
  await Promise.race([finished, sleep(1_500 * seconds, undefined, { signal: limit.signal }).catch(() => {})]);
  limit.abort();
  const reached = begun;
  const ms = (begun >= count ? lastAt : performance.now()) - started;
  await stop();
  return (1_000 * reached) / ms;
}

/** The driver does what time does in life (VACUUM, ANALYZE), and says go on. */
async function betweenHalves() {
  process.send?.({ halfway: true });
  await new Promise((/** @type {(value: void) => void} */ resolve) => (goOn = resolve));
}
