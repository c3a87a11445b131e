import { readdirSync, readFileSync } from 'node:fs';
import { Connection } from '../../src/adapters/sqlite/file/connection.ts';
import { until } from './until.ts';
import type { Fixture, WorkerProcess } from './worker-processes.ts';

/** Takes the write lock of a SQLite file, as another process in the middle of a transaction. Returns the way to end it. */
export async function lockFile(store: string): Promise<() => void> {
  const connection = new Connection(store.slice('sqlite:'.length));
  await until('no other process holds the lock', () => begins(connection));
  return () => {
    connection.exec('rollback');
    connection.close();
  };
}

function begins(connection: Connection): boolean {
  try {
    connection.exec('begin immediate');
    return true;
  } catch (error) {
    if (String(error).includes('locked')) return false;
    throw error;
  }
}

/**
 * Stops a process where it stands (SIGSTOP). In SQLite never inside a commit: a process that is stopped there holds the
 * one lock, and all others wait for it.
 */
export async function freeze({ store }: Fixture, worker: WorkerProcess): Promise<void> {
  const unlock = store.startsWith('sqlite:') ? await lockFile(store) : () => undefined;
  try {
    await halt(worker);
  } finally {
    unlock();
  }
}

/** SIGSTOP, for a process that is known to be outside of a commit. Resolves when none of its threads runs any more. */
export async function halt(worker: WorkerProcess): Promise<void> {
  worker.kill('SIGSTOP');
  await until('it stands still', () => standsStill(worker.pid));
}

/** None of its threads runs. */
export function standsStill(pid: number): boolean {
  return statesOf(pid).every((state) => state === 'T');
}

export function thaw(worker: WorkerProcess): void {
  worker.kill('SIGCONT');
}

function statesOf(pid: number): (string | undefined)[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0];
  });
}
