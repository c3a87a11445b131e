// Who is measured, and with which settings. `fast` is the documented fast path, else what one gets without settings.
// @ts-check

/**
 * What a system can do; a method that is missing is a cell without a figure.
 *
 * @typedef {object} System
 * @property {number} batch Runs in one call of `enqueue`.
 * @property {(from: number, size: number) => Promise<void>} [enqueue] No-ops, resolved when all are stored.
 * @property {(from: number, size: number) => Promise<void>} [enqueueThree] The same with runs of three steps.
 * @property {() => Promise<void>} [runThree] One run of three steps, resolved at its end; for systems that start at once.
 * @property {(onBegin: () => void, purpose?: 'latency') => Promise<() => Promise<void>>} work Starts one worker;
 *   `onBegin` is called by each handler, of three-step runs at their end. Returns how to stop it.
 * @property {() => Promise<void>} enqueueOne
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} system A file in systems/.
 * @property {import('./places.mjs').Kind} kind
 * @property {boolean} fast
 */

/** @type {Contender[]} */
export const contenders = [
  ...pair('onejob, PostgreSQL', 'onejob', 'postgres'),
  { name: 'onejob, MariaDB', system: 'onejob', kind: 'mysql', fast: true },
  { name: 'onejob, SQLite', system: 'onejob', kind: 'sqlite', fast: true },
  ...pair('graphile-worker', 'graphile-worker', 'postgres'),
  ...pair('pg-boss', 'pg-boss', 'postgres'),
  ...pair('BullMQ', 'bullmq', 'redis'),
  ...pair('DBOS', 'dbos', 'postgres'),
  ...pair('absurd', 'absurd', 'postgres'),
  ...pair('Restate', 'restate', 'own'),
];

/** @param {string} name @param {string} system @param {import('./places.mjs').Kind} kind @returns {Contender[]} */
function pair(name, system, kind) {
  return [
    { name, system, kind, fast: true },
    { name: `${name}, defaults`, system, kind, fast: false },
  ];
}
