import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

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

/**
 * Starts the program; it is killed at its failpoints, or `killAfterMs` after its first run has begun, unless it has
 * ended before.
 */
export async function live(orders: Orders, how: { failpoints?: string; killAfterMs?: number } = {}): Promise<Life> {
  const env = { ...process.env, ...(how.failpoints !== undefined && { ONEJOB_FAILPOINTS: how.failpoints }) };
  const child = spawn(process.execPath, [program, JSON.stringify(orders)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  onTestFinished(kill);
  let said = '';
  let complained = '';
  let isDoomed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (how.killAfterMs === undefined || isDoomed || !said.includes('up\n')) return;
    isDoomed = true;
    setTimeout(kill, how.killAfterMs);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (signal !== null) return { signal, runs: null };
  if (code !== 0) throw new Error(`the program ended with ${code}: ${complained}`);
  const last = said.trim().split('\n').at(-1) ?? '';
  return { signal, runs: JSON.parse(last) as Life['runs'] };
}

/** The lines of a ledger; none where nothing was written. */
export async function readLedger(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}
