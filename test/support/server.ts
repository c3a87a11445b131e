import { readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import { startOnejob, type Started } from './onejob.ts';
import { until } from './until.ts';

export interface Serving {
  readonly started: Started;
  readonly url: string;
  readonly pid: number;
}

/** `onejob start` on a free port, unless told otherwise; up when this resolves. */
export async function startServer(cwd: string, ...args: string[]): Promise<Serving> {
  const port = args.includes('--port') ? [] : ['--port', '0'];
  const started = startOnejob(['start', ...port, ...args], { cwd });
  await started.said('onejob ready');
  const url = await until('the address', () => /onejob ready (http:\/\/\S+)/.exec(started.stderr)?.[1]);
  return { started, url, pid: started.child.pid ?? 0 };
}

/** Megabytes that a process holds in memory. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}

/** A request on a connection of its own, answered as it comes: nothing is read that nobody asks for. */
export function openStream(url: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, agent: false }, resolve);
    asked.on('error', reject);
    asked.end();
    onTestFinished(() => void asked.destroy());
  });
}
