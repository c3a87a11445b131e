// A store of its own for each figure.
// @ts-check
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/** @param {string} server `sqlite`, or the URL of a server @returns {Promise<{ url: string, remove: () => Promise<void> }>} */
export async function openPlace(server) {
  if (server === 'sqlite') {
    const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-'));
    return { url: `sqlite:${join(folder, 'bench.db')}`, remove: () => rm(folder, { recursive: true, force: true }) };
  }
  const name = `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const query = server.startsWith('mysql') ? queryMysql : queryPostgres;
  await query(server, `create database ${name}`);
  const drop = `drop database ${name}${server.startsWith('mysql') ? '' : ' with (force)'}`;
  return { url: Object.assign(new URL(server), { pathname: `/${name}` }).href, remove: () => query(server, drop) };
}

/** @param {string} url @param {string} sql */
async function queryPostgres(url, sql) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** @param {string} url @param {string} sql */
async function queryMysql(url, sql) {
  const client = await createConnection(url);
  await client.query(sql).finally(() => client.end());
}
