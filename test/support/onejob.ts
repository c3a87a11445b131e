import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createProject } from './project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Calling {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Instead of bin/onejob.js. */
  readonly program?: string;
}

/** A project that has onejob and zod installed, as `npm install` leaves it. */
export async function createInstalled(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await createProject({ 'package.json': '{"name":"shop","version":"1.2.3","type":"module"}', ...files });
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/onejob'));
  await symlink(join(root, 'node_modules/zod'), join(folder, 'node_modules/zod'));
  return folder;
}

/** Calls onejob and waits for its end. */
export function onejob(args: readonly string[], calling: Calling): Promise<Ended> {
  return startOnejob(args, calling).ended;
}

/** One that goes on: what it says can be waited for. Killed when the test has ended. */
export function startOnejob(args: readonly string[], { cwd, env, stdin, program }: Calling): Started {
  const file = program ?? join(root, 'bin/onejob.js');
  const child = spawn(process.execPath, [file, ...args], { cwd, env: { ...cleanEnv(), ...env } });
  onTestFinished(() => killed(child));
  child.stdin.end(stdin ?? '');
  return new Started(child);
}

export class Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  readonly #watchers = new Set<() => void>();
  #isOver = false;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#add('stdout', text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#add('stderr', text));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      // Not `exit`: what it said last may still be on its way then.
      child.once('close', (code) => {
        this.#isOver = true;
        for (const watch of this.#watchers) watch();
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Resolves when standard output or error holds `text`; rejects when the process ends without having said it. */
  async said(text: string): Promise<void> {
    const holds = () => this.stdout.includes(text) || this.stderr.includes(text);
    while (!holds()) {
      if (this.#isOver) {
        throw new Error(`it ended without saying '${text}': ${this.stdout}${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        const watch = () => {
          this.#watchers.delete(watch);
          resolve();
        };
        this.#watchers.add(watch);
      });
    }
  }

  #add(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    for (const watch of this.#watchers) watch();
  }
}

/** Ends a process and waits until it is gone: it may hold a lock, or be about to write, until then. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Without what this test run itself was called with. */
function cleanEnv(): NodeJS.ProcessEnv {
  const strange = /^(ONEJOB_|EGO_|NO_COLOR$|FORCE_COLOR$|VITEST|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !strange.test(name)));
}
