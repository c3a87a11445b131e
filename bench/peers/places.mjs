// A fresh store for each measurement, on the servers that all share.
// @ts-check
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/**
 * @typedef {object} Place
 * @property {string} url
 * @property {() => Promise<void>} settle What a server does by itself after a while: clean up, learn what is in the tables.
 * @property {() => Promise<() => Promise<void>>} hold Opens a transaction that sees all there is now, and keeps it
 *   open; returns how to end it.
 * @property {() => Promise<void>} remove
 */

/** @typedef {'postgres' | 'mysql' | 'redis' | 'sqlite' | 'own'} Kind */

/** @param {Kind} kind @param {Record<string, string>} servers @returns {Promise<Place>} */
export function openPlace(kind, servers) {
  const server = (/** @type {string} */ variable) => {
    const url = servers[variable];
    if (url === undefined) throw new Error(`${variable} is not there`);
    return url;
  };
  switch (kind) {
    case 'postgres':
      return openPostgres(server('TEST_POSTGRES_URL'));
    case 'mysql':
      return openMysql(server('TEST_MYSQL_URL'));
    case 'redis':
      return Promise.resolve(placeOf(server('TEST_REDIS_URL')));
    case 'own':
      return Promise.resolve(placeOf(''));
    case 'sqlite':
      return openFolder();
  }
}

/** @param {string} url @param {Partial<Place>} [more] @returns {Place} */
function placeOf(url, more = {}) {
  const nothing = async () => {};
  return { url, settle: nothing, hold: async () => nothing, remove: nothing, ...more };
}

/** @param {string} server */
async function openPostgres(server) {
  const name = `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await queryPostgres(server, `create database ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  return placeOf(url, {
    async settle() {
      await queryPostgres(url, 'vacuum analyze');
    },
    async hold() {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('begin isolation level repeatable read');
      await client.query('select txid_current()');
      return async () => {
        await client.query('rollback');
        await client.end();
      };
    },
    async remove() {
      // Some leave a moment after they said so, and take it ill to be thrown out.
      const others = `select count(*)::integer n from pg_stat_activity where datname = '${name}'`;
      for (let tries = 0; tries < 20 && (await queryPostgres(server, others)) > 0; tries++) await sleep(100);
      await queryPostgres(server, `drop database ${name} with (force)`);
    },
  });
}

/** The first row's n, where there is one. @param {string} url @param {string} text @returns {Promise<number>} */
async function queryPostgres(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(text);
    return Number(rows[0]?.n);
  } finally {
    await client.end();
  }
}

/** @param {string} server */
async function openMysql(server) {
  const name = `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const query = async (/** @type {string} */ text) => {
    const connection = await createConnection(server);
    await connection.query(text);
    await connection.end();
  };
  await query(`create database ${name}`);
  return placeOf(Object.assign(new URL(server), { pathname: `/${name}` }).href, {
    async hold() {
      const connection = await createConnection(server);
      await connection.query('start transaction with consistent snapshot');
      return async () => {
        await connection.query('rollback');
        await connection.end();
      };
    },
    remove: () => query(`drop database ${name}`),
  });
}

async function openFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-'));
  return placeOf(`sqlite:${join(folder, 'bench.db')}`, {
    remove: () => rm(folder, { recursive: true, force: true }),
  });
}
