// The guard: a process in a session of its own, whose children the servers are. It stops them when it is told to, or
// when the pipe from whoever wanted them closes. So nothing is left behind when tests are killed with -9.
//
//   node scripts/services/guard.mjs [--until-stopped] NAME…
// @ts-check
import process from 'node:process';
import { etcd } from './etcd.mjs';
import { mysql } from './mysql.mjs';
import { pgbouncer } from './pgbouncer.mjs';
import { postgres } from './postgres.mjs';
import { redis } from './redis.mjs';
import { startService } from './service.mjs';

/**
 * @typedef {object} Opened
 * @property {Record<string, string>} env variable → URL of every server that runs
 * @property {Record<string, string>} missing variable → the sentence why there is none
 */

/** @type {readonly import('./service.mjs').Service[]} */
export const services = [postgres, mysql, redis, etcd, pgbouncer];

/**
 * One line of JSON when all are up, then it waits for its end.
 *
 * @param {{ names: string[], untilStopped: boolean }} options
 */
async function hold({ names, untilStopped }) {
  const { promise: told, resolve: tell } = deferred();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, tell);
  if (!untilStopped) process.stdin.on('end', tell).on('error', tell).resume();

  /** @type {Opened} */
  const opened = { env: {}, missing: {} };
  const wanted = services.filter(({ name }) => names.includes(name) || needs(names, name));
  /** @type {Map<string, Promise<() => Promise<void>>>} */
  const opening = new Map();
  for (const service of wanted) {
    const before = opening.get(service.behind ?? '') ?? Promise.resolve();
    opening.set(
      service.name,
      before.then(() => open(service, opened)),
    );
  }
  const stops = await Promise.all(opening.values());
  process.stdout.on('error', tell).write(`${JSON.stringify(opened)}\n`);
  await told;
  // In turn: one that stands before another first, or its clients would hold the other up.
  for (const stop of stops.toReversed()) await stop().catch(() => {});
}

/**
 * Is the server `name` one that another of these talks to?
 *
 * @param {string[]} names
 * @param {string} name
 */
function needs(names, name) {
  return services.some((service) => names.includes(service.name) && service.behind === name);
}

/**
 * @param {import('./service.mjs').Service} service
 * @param {Opened} opened takes what came of it
 * @returns {Promise<() => Promise<void>>} stops it
 */
async function open(service, opened) {
  const given = process.env[service.variable];
  try {
    if (given !== undefined && given !== '') {
      opened.env[service.variable] = given;
      return async () => {};
    }
    const variable = services.find(({ name }) => name === service.behind)?.variable;
    const why = variable === undefined ? undefined : opened.missing[variable];
    if (why !== undefined) throw new Error(why);
    const { url, server } = await startService(service, variable && opened.env[variable]);
    opened.env[service.variable] = url;
    return server.stop;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    opened.missing[service.variable] = `no ${service.name} for the tests: ${why}`;
    return async () => {};
  }
}

function deferred() {
  /** @type {(value?: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

if (import.meta.filename === process.argv[1]) {
  const names = process.argv.slice(2);
  await hold({ names, untilStopped: names.includes('--until-stopped') });
}
