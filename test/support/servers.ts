import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { TestRunner } from 'vitest';

/**
 * The PostgreSQL of this test run; give each test file a schema of its own, named by `uniqueName`.
 *
 * @throws {Error} why there is none: a missing server fails its tests, unless the run was asked to skip them
 */
export function postgresUrl(): string {
  return urlOf('TEST_POSTGRES_URL');
}

/** PgBouncer in transaction mode, before the PostgreSQL of `postgresUrl`. */
export function pgbouncerUrl(): string {
  return urlOf('TEST_PGBOUNCER_URL');
}

/** The MariaDB or MySQL of this test run, as a user who may create databases: take one of `openMysqlDatabase`. */
export function mysqlUrl(): string {
  return urlOf('TEST_MYSQL_URL');
}

/** `redis://…`; give each test a prefix of its own, named by `uniqueName`. */
export function redisUrl(): string {
  return urlOf('TEST_REDIS_URL');
}

/** `etcd://…`; give each test a prefix of its own, named by `uniqueName`. */
export function etcdUrl(): string {
  return urlOf('TEST_ETCD_URL');
}

/** An empty database on the MySQL of this test run; `close` drops it. */
export async function openMysqlDatabase(stem = 'test'): Promise<{ url: string; name: string; close(): Promise<void> }> {
  const url = new URL(mysqlUrl());
  const name = uniqueName(stem);
  const tell = async (statement: string) => {
    const admin = await mysql.createConnection(mysqlUrl());
    await admin.query(statement);
    await admin.end();
  };
  await tell(`create database ${name}`);
  url.pathname = name;
  return { url: url.href, name, close: () => tell(`drop database if exists ${name}`) };
}

/** A name that no other test uses, fit for a schema, a prefix or a folder: `order_9f2c41d07ab3`. */
export function uniqueName(stem: string): string {
  return `${stem}_${randomBytes(6).toString('hex')}`;
}

function urlOf(variable: string): string {
  const url = process.env[variable];
  if (url !== undefined && url !== '') return url;
  const { missing, skip } = JSON.parse(process.env['TEST_SERVERS'] ?? '{"missing":{}}') as {
    missing: Record<string, string>;
    skip?: boolean;
  };
  const why = missing[variable];
  if (why !== undefined && skip === true) TestRunner.getCurrentTest()?.context.skip(why);
  throw new Error(why ?? `${variable} is not set: run this file in the project adapters or e2e of vitest`);
}
