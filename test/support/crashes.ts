import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createDeferred } from '../../src/std/deferred.ts';
import { killed } from './onejob.ts';

const program = fileURLToPath(new URL('../fixtures/engine/program.mjs', import.meta.url));

/** What test/fixtures/engine/program.mjs is to do. */
export interface Orders {
  readonly store: string;
  readonly ledger: string;
  readonly jobs: readonly {
    readonly job: string;
    readonly key: string;
    readonly input?: unknown;
    readonly events?: readonly { readonly name: string; readonly afterMs: number }[];
  }[];
  readonly parkAfter?: string | number;
  readonly lease?: string;
}

/** How one life of the program ended: what it printed at its end, or the signal that killed it. */
export interface Life {
  readonly signal: NodeJS.Signals | null;
  readonly runs: readonly { readonly state: string; readonly output: string | null }[] | null;
}

/** The program in execution. */
export interface Lived {
  readonly pid: number;
  /** SIGKILL; nothing where it has ended already. */
  kill(): void;
  /** Its first line is in the ledger. */
  readonly up: Promise<void>;
  readonly ended: Promise<Life>;
}

/** Starts the program, to be killed at its failpoints or by the test. */
export function start(orders: Orders, failpoints?: string): Lived {
  const env = { ...process.env, ...(failpoints !== undefined && { ONEJOB_FAILPOINTS: failpoints }) };
  const child = spawn(process.execPath, [program, JSON.stringify(orders)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => killed(child));
  const up = createDeferred<void>();
  let said = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('up\n')) up.resolve();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  const ended = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]): Life => {
    if (signal !== null) return { signal: signal as NodeJS.Signals, runs: null };
    if (code !== 0) throw new Error(`the program ended with ${code}: ${complained}`);
    const last = said.trim().split('\n').at(-1) ?? '';
    return { signal: null, runs: JSON.parse(last) as Life['runs'] };
  });
  return { pid: child.pid ?? 0, kill: () => void child.kill('SIGKILL'), up: up.promise, ended };
}

/**
 * One life of the program, to its end; it is killed at its failpoints, or `killAfterMs` after its first line, unless it
 * has ended before.
 */
export function live(orders: Orders, how: { failpoints?: string; killAfterMs?: number } = {}): Promise<Life> {
  const { kill, up, ended } = start(orders, how.failpoints);
  const { killAfterMs } = how;
  if (killAfterMs !== undefined) void up.then(() => setTimeout(kill, killAfterMs));
  return ended;
}

/** The lines of a ledger; none where nothing was written. */
export async function readLedger(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}
