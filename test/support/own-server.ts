import { readdirSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { mysql } from '../../scripts/services/mysql.mjs';
import { postgres } from '../../scripts/services/postgres.mjs';
import { startService } from '../../scripts/services/service.mjs';

/** A server that no other test uses, so that this one may do to it what it likes; gone with its data afterwards. */
export interface OwnServer {
  readonly url: string;
  /** Stops it in order and starts it again on its data and port. */
  restart(): Promise<void>;
  /** Lets none of its processes run (SIGSTOP). */
  pause(): void;
  resume(): void;
}

/** @param args more of them for the program */
export async function openOwnServer(kind: 'postgres' | 'mysql', args: readonly string[] = []): Promise<OwnServer> {
  const { url, server } = await startService({ postgres, mysql }[kind], undefined, [...args]);
  const tell = (signal: NodeJS.Signals) => {
    for (const pid of familyOf(server.pid)) sendTo(pid, signal);
  };
  const resume = () => tell('SIGCONT');
  onTestFinished(async () => {
    resume();
    await server.stop();
  });
  return { url, restart: () => server.restart(), pause: () => tell('SIGSTOP'), resume };
}

/** A process and its children, the parent first: it starts no others then. */
function familyOf(parent: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
  return [parent, ...children];
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // it has ended meanwhile
  }
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
