import { readFileSync } from 'node:fs';
import { request, type Agent } from 'node:http';
import { connect } from 'node:net';
import { startOnejob, type Calling, type Started } from './onejob.ts';

/** A process that serves HTTP on a port of its own choice. */
export interface Serving {
  readonly process: Started;
  readonly url: string;
  readonly port: number;
}

/** `onejob start --port 0`, up. Killed when the test has ended. */
export async function serve(calling: Calling, args: readonly string[] = []): Promise<Serving> {
  const process = startOnejob(['start', '--json', '--port=0', ...args], calling);
  await process.said('"event":"ready"');
  const { url } = JSON.parse(process.stdout) as { url: string };
  return { process, url, port: Number(new URL(url).port) };
}

export interface Answered {
  readonly status: number;
  /** By name in lower case; each byte is one character. */
  readonly headers: Readonly<Record<string, string>>;
  /** As they stand on the wire. */
  readonly names: readonly string[];
  readonly body: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/** One request. Header values are bytes: UTF-8 goes in by `bytesOf`, and comes out of `textOf`. */
export function sendRequest(url: string, { body, ...options }: Asking = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          names: response.rawHeaders.filter((_, index) => index % 2 === 0),
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Asks ego's route for a job. */
export function postJob(url: string, job: string, runId: string, asking: Asking = {}): Promise<Answered> {
  const headers = { 'X-Ego-Job-Name': job, 'X-Ego-Job-RunID': runId, ...asking.headers };
  return sendRequest(`${url}/jobs`, { method: 'POST', ...asking, headers });
}

export const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
export const textOf = (bytes: string | undefined): string => Buffer.from(bytes ?? '', 'latin1').toString('utf8');

/** Sends these very bytes and resolves with all that comes back until the server ends the connection. */
export function exchange(port: number, bytes: string | Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.write(bytes);
  });
}

/** The most memory that a process has had so far, in MiB; Linux only. */
export function peakMemory(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
