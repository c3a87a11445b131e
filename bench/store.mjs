// What the store on a server costs, driven through the port.
//
//   npm run build && node bench/store.mjs postgres://… | mysql://… [seconds] [shape…]
//
// Shapes: `held` runs that do nothing, submitted with their holder and ended; `steps` the same with three steps, each
// in a group of its own; `queue` submitted, claimed by a worker, ended. Two chains keep the server busy, as the journal
// does: while one waits for its commit the other fills.
// @ts-check
import { availableParallelism, cpus } from 'node:os';
import { argv, exit } from 'node:process';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { openBackend } from '../dist/app/backend/backend.js';
import { newId, newTraceId } from '../dist/std/id.js';
import { newRun, outcome } from './noop-run.mjs';

const [url = '', ...rest] = argv.slice(2);
const isMysql = /^(mysql|mariadb):/.test(url);
if (!isMysql && !/^postgres(ql)?:/.test(url)) {
  console.error('name a server: node bench/store.mjs postgres://… | mysql://… [seconds] [shape…]');
  exit(2);
}
const seconds = Number(rest[0] ?? 5);
const shapes = { held, steps, queue };
let number = 0; // of claims
const wanted = rest.length > 1 ? rest.slice(1) : Object.keys(shapes);
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.versions.node}, ${await serverVersion()}`,
);
for (const [name, shape] of Object.entries(shapes)) {
  if (!wanted.includes(name)) continue;
  for (const inFlight of [100, 500, 1000]) {
    const rate = await drive(shape, inFlight / 2);
    console.log(`${name}, ${inFlight} in flight: ${Math.round(rate)} runs/s`);
  }
}

/** @typedef {import('../src/ports/store.ts').Store} Store */
/** @typedef {{ store: Store, worker: string, size: number }} Place */

/** @param {(place: Place) => Promise<number>} shape @param {number} size */
async function drive(shape, size) {
  const name = `bench_${newTraceId().slice(0, 12)}_`;
  const place = new URL(url);
  place.searchParams.set(isMysql ? 'prefix' : 'schema', name);
  const { store, notifier } = await openBackend(place.href);
  await store.migrate();
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let done = 0;
  const chain = async () => {
    const worker = await registered(store, size);
    while (performance.now() < end) done += await shape({ store, worker, size });
  };
  await Promise.all([chain(), chain()]);
  const rate = (1000 * done) / (performance.now() - begin);
  await notifier?.close();
  await store.close();
  await drop(name);
  return rate;
}

/** @param {Store} store @param {number} slots */
async function registered(store, slots) {
  const worker = newId();
  await store.registerWorker({
    id: worker,
    node: 'bench',
    replaces: null,
    identity: { host: 'bench', bootId: '', pidSpace: '', pid: process.pid, pidStart: '' },
    jobs: ['noop'],
    slots,
    version: '1.0.0',
    heartbeatMs: 2000,
  });
  return worker;
}

/** @param {Place} place */
async function held({ store, worker, size }) {
  const runs = Array.from({ length: size }, () => newRun(worker));
  for (const { run } of await store.submit(runs)) if (run.state !== 'running') throw new Error(run.state);
  await recordAll(
    store,
    worker,
    runs.map(({ id }) => outcome(id)),
  );
  return size;
}

/** @param {Place} place */
async function steps({ store, worker, size }) {
  const runs = Array.from({ length: size }, () => newRun(worker));
  await store.submit(runs);
  for (let n = 0; n < 3; n++)
    await recordAll(
      store,
      worker,
      runs.map(({ id }) => step(id, n)),
    );
  await recordAll(
    store,
    worker,
    runs.map(({ id }) => outcome(id)),
  );
  return size;
}

/** @param {Place} place */
async function queue({ store, worker, size }) {
  await store.submit(Array.from({ length: size }, () => newRun(null)));
  const { claims } = await store.claim({ number: ++number, worker, jobs: [noop()], free: size, turn: 0 });
  await recordAll(
    store,
    worker,
    claims.map(({ run, epoch }) => outcome(run, epoch)),
  );
  return claims.length;
}

/** @param {Store} store @param {string} worker @param {import('../src/ports/store-entry.ts').Entry[]} entries */
async function recordAll(store, worker, entries) {
  for (const verdict of await store.record({ worker, entries })) if (verdict !== 'ok') throw new Error(verdict);
}

/** @param {string} run @param {number} n @returns {import('../src/ports/store-entry.ts').Entry} */
function step(run, n) {
  const [startedAt, finishedAt] = [Date.now(), Date.now()];
  const output = `{"n":${n}}`;
  return {
    kind: 'step',
    run,
    epoch: 1,
    key: `step ${n}`,
    type: 'step',
    state: 'succeeded',
    tries: 1,
    firstSeq: n,
    output,
    error: null,
    startedAt,
    finishedAt,
    consumes: null,
  };
}

/** @param {string} name */
async function drop(name) {
  if (!isMysql) {
    await query(`drop schema ${name} cascade`);
    return;
  }
  const kinds = { table: 'tables', procedure: 'routines' };
  for (const [kind, list] of Object.entries(kinds)) {
    const rows = await query(
      `select ${kind === 'table' ? 'table_name' : 'routine_name'} v from information_schema.${list}
       where ${kind === 'table' ? 'table_schema' : 'routine_schema'} = database()
         and ${kind === 'table' ? 'table_name' : 'routine_name'} like '${name.replaceAll('_', '\\\\_')}%'`,
    );
    for (const { v } of rows) await query(`drop ${kind} ${v}`);
  }
}

async function serverVersion() {
  const text = isMysql ? 'select version() v' : `select 'PostgreSQL ' || current_setting('server_version') v`;
  return (await query(text))[0]?.['v'];
}

/** @param {string} text @returns {Promise<Record<string, string>[]>} */
async function query(text) {
  if (isMysql) {
    const connection = await mysql.createConnection(url);
    const [rows] = await connection.query(text);
    await connection.end();
    return /** @type {Record<string, string>[]} */ (rows);
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** @returns {import('../src/ports/store-claim.ts').JobTerms} */
function noop() {
  return { name: 'noop', timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none' };
}
