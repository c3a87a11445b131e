// @ts-check
import { openBackend } from '../dist/app/backend/backend.js';
import { createLogger } from '../dist/app/logging/logger.js';
import { Engine } from '../dist/engine/host/engine.js';
import { Outbox } from '../dist/intake/outbox.js';
import { ServicePool } from '../dist/engine/host/service-pool.js';
import { newRun } from '../dist/intake/new-run.js';
import { Signals } from '../dist/intake/signals.js';
import { Registry } from '../dist/job/registry.js';
import { systemClock } from '../dist/std/clock.js';

/** @typedef {import('../dist/index.js').AnyJob} AnyJob */
/** @typedef {import('../dist/ports/meter.js').Meter} Meter */
/** @typedef {import('../dist/ports/tracer.js').Tracer} Tracer */

/**
 * Runs per second through an engine of its own.
 *
 * @param {object} what
 * @param {string} what.store
 * @param {AnyJob} what.job
 * @param {number} what.inFlight
 * @param {number} what.seconds
 * @param {number} [what.total]
 * @param {Meter} [what.meter]
 * @param {Tracer} [what.tracer]
 */
export async function rateOf({ store, job, inFlight, seconds, total = Infinity, meter, tracer }) {
  const backend = await openBackend(store);
  await backend.store.migrate();
  const log = createLogger({ level: 'warn' });
  const {
    store: { facts },
  } = backend;
  const signals = new Signals({ others: { work: () => undefined, mailbox: () => undefined }, facts });
  const engine = new Engine({
    store: backend.store,
    outbox: new Outbox({ store: backend.store, clock: systemClock, log, meter }),
    registry: new Registry([job]),
    services: new ServicePool(log),
    hooks: {},
    clock: systemClock,
    log,
    limits: { valueBytes: 1_048_576, outputBytes: 16_777_216, parkAfterMs: 5_000 },
    observer: {},
    meter,
    tracer,
    node: 'bench',
    replaces: false,
    version: '0',
    slots: 1_000,
    leaseMs: 10_000,
    pollMs: 1_000,
    retention: { succeededMs: Infinity, failedMs: Infinity, succeededRuns: Infinity, failedRuns: Infinity },
    takes: 'own runs',
    exitOnStall: false,
    signals,
    onEvicted: () => undefined,
  });
  await engine.registerWorker();
  const one = async () => {
    const run = await newRun(job, { input: undefined, trigger: 'api', holder: engine.id }, 1_048_576);
    await engine.submit([run]);
    const end = await engine.execute(run);
    if (end !== 'succeeded') throw new Error(end);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, total) }, one)); // warm
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  let started = 0;
  let done = 0;
  const chain = async () => {
    while (started++ < total && performance.now() < end) {
      await one();
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, chain));
  const rate = (1_000 * done) / (performance.now() - begin);
  await engine.stop(1_000);
  await backend.store.close();
  return rate;
}
