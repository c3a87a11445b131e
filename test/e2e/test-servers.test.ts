import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { openFolder } from '../support/folder.ts';
import { serversOf } from '../support/servers-of.ts';
import { etcdUrl, mysqlUrl, openMysqlDatabase, postgresUrl, redisUrl } from '../support/servers.ts';
import { until } from '../support/until.ts';

const services = fileURLToPath(new URL('../../scripts/services.mjs', import.meta.url));
const { given } = JSON.parse(process.env['TEST_SERVERS'] ?? '{"given":[]}') as { given: string[] };
const names = ['postgres', 'mysql', 'redis', 'etcd'];

// Where somebody hands us a server, there may be no program here to start one of our own.
for (const name of names) {
  test.skipIf(given.includes(name))(`a ${name} for tests ends with its data when its owner is killed`, async () => {
    const folder = await openFolder();
    await chmod(folder, 0o755);
    const variable = `TEST_${name.toUpperCase()}_URL`;
    const script = `console.log(process.env.${variable}); process.stdin.resume().on("end", () => process.exit());`;
    const owner = spawn(process.execPath, [services, 'run', name, '--', process.execPath, '-e', script], {
      env: { ...process.env, [variable]: '', TMPDIR: folder },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(owner, 'exit');
    const told = await Promise.race([once(createInterface(owner.stdout), 'line'), ended]);
    const url = String(told[0]);
    expect(await answers(new URL(url))).toBe(true);

    owner.kill('SIGKILL');
    await ended;
    await until('the server is gone', async () => !(await answers(new URL(url))), 60_000);
    await until('its data is gone', async () => (await readdir(folder)).length === 0, 60_000);
  });
}

test.skipIf(given.length > 0)('databases for tests are as durable as a user has them', async () => {
  const postgres = new pg.Client(postgresUrl());
  await postgres.connect();
  expect((await postgres.query('show fsync')).rows).toEqual([{ fsync: 'on' }]);
  expect((await postgres.query('show synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }]);
  await postgres.end();
  const database = await openMysqlDatabase();
  const mariadb = await mysql.createConnection(database.url);
  const [rows] = await mariadb.query('select @@innodb_flush_log_at_trx_commit as flush, database() as name');
  expect(rows).toEqual([{ flush: 1, name: database.name }]);
  await mariadb.end();
  await database.close();
});

test('redis and etcd for tests answer', async () => {
  expect(await answers(new URL(redisUrl()))).toBe(true);
  const response = await fetch(`http://${new URL(etcdUrl()).host}/version`);
  expect(await response.json()).toMatchObject({ etcdserver: expect.any(String) as string });
  expect(new URL(mysqlUrl()).protocol).toBe('mysql:');
});

test('services run hands on the exit code of its command', async () => {
  const owner = spawn(process.execPath, [services, 'run', 'redis', '--', 'sh', '-c', 'exit 7'], { stdio: 'ignore' });
  expect(await once(owner, 'exit')).toEqual([7, null]);
});

test('services refuse a name that they do not know', async () => {
  const owner = spawn(process.execPath, [services, 'run', 'oracle', '--', 'true'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [line] = (await once(createInterface(owner.stderr), 'line')) as [string];
  expect(line).toBe('there is no server oracle here, only postgres, mysql, redis, etcd, pgbouncer');
});

test('a run of tests starts only what its files name', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const needs = (file: string) => serversOf([join(root, file)], names);
  expect(await needs('adapters/sqlite.test.ts')).toEqual([]);
  expect(await needs('adapters/postgres.test.ts')).toEqual(['postgres']);
  expect(await needs('e2e/test-servers.test.ts')).toEqual(names);
});

async function answers({ hostname, port }: URL): Promise<boolean> {
  const socket = connect({ host: hostname, port: Number(port) });
  return await new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).then((answered) => {
    socket.destroy();
    return answered === true;
  });
}
