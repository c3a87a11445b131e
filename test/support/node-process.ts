import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where the built package lies, for programs that a test hands to a Node of their own. */
const distUrl = new URL('../../dist/', import.meta.url).href;

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end. */
  readonly ms: number;
}

/**
 * Runs a program (an ES module as text, with `dist` as the URL of the built package) in a Node of its own. `onStdout`
 * sees what it prints and may kill it.
 */
export function runNode(
  program: string,
  options: {
    args?: string[];
    flags?: string[];
    /** Of 512 bytes: a file that would grow past them refuses the write, as a disk does that has a fault. */
    fileBlocks?: number;
    onStdout?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
  } = {},
): Promise<ProcessEnd> {
  const { args = [], flags = [], fileBlocks = 'unlimited', onStdout } = options;
  const begin = performance.now();
  const code = `const dist = ${JSON.stringify(distUrl)};\n${program}`;
  const words = [process.execPath, ...flags, '--input-type=module', '-e', code, '--', ...args];
  const child = spawn('sh', ['-c', `ulimit -f ${fileBlocks}; exec "$0" "$@"`, ...words], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
    onStdout?.(stdout, (signal) => child.kill(signal));
  });
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr, ms: performance.now() - begin });
    });
  });
}
