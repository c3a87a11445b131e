// Where the demo plays: a temporary folder, in which the store is too, and the `onejob` of this repository.
// @ts-check
import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { paint, prompt, say } from './page.mjs';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @typedef {Awaited<ReturnType<typeof openStage>>} Stage */

export async function openStage() {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'onejob-demo-')));
  /** @type {Record<string, string>} */
  const set = {};
  /** @type {Set<import('node:child_process').ChildProcess>} */
  const children = new Set();
  /** @type {Promise<import('onejob').Client> | undefined} */
  let client;

  /**
   * @param {string} program
   * @param {readonly string[]} args
   * @param {import('node:child_process').StdioOptions} stdio
   */
  function open(program, args, stdio) {
    const child = spawn(program, args, { cwd: folder, stdio, env: { ...cleanEnv(), ...set } });
    children.add(child);
    /** @type {Promise<number | null>} null: a signal ended it */
    const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    void ended.catch(() => undefined).then(() => children.delete(child));
    return { child, ended };
  }

  return {
    folder,

    /**
     * Shows and sets variables of the environment, for the commands that follow.
     *
     * @param {Readonly<Record<string, string>>} variables
     */
    export(variables) {
      Object.assign(set, variables);
      const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
      prompt(typed(['export', ...words]));
    },

    /**
     * Shows a command and runs it; the reader sees what it prints, errors in their place. Answers the exit code.
     *
     * @param {readonly string[]} words as typed; `onejob` and `node` are found
     * @param {string} [into] a file for standard output, as `>` has it
     */
    async run(words, into) {
      prompt(typed(into === undefined ? words : [...words, '>', into]));
      const out = into === undefined ? 'inherit' : openSync(join(folder, into), 'w');
      const { ended } = open(execPath, found(words), ['ignore', out, 1]);
      const code = await ended;
      if (typeof out === 'number') closeSync(out);
      return code;
    },

    /**
     * Shows a command that goes on; what it says is shown line by line with `name` in front.
     *
     * @param {readonly string[]} words
     * @param {string} name
     */
    start(words, name) {
      prompt(`${typed(words)} &`);
      const { child, ended } = open(execPath, found(words), ['ignore', 'pipe', 'pipe']);
      /** @type {string[]} */
      const lines = [];
      for (const stream of [child.stdout, child.stderr]) {
        if (!stream) continue;
        createInterface({ input: stream }).on('line', (line) => {
          lines.push(line);
          say(paint.dim(`  [${name}] ${line}`));
        });
      }
      return { pid: child.pid ?? 0, lines, ended, kill: (/** @type {NodeJS.Signals} */ signal) => child.kill(signal) };
    },

    /** The eyes of the demo: what it claims is read from the store. Loaded late, because onejob is built first. */
    client() {
      client ??= import('onejob').then(({ createClient }) =>
        createClient({ store: `sqlite:${join(folder, '.onejob/onejob.db')}` }),
      );
      return client;
    },

    /** Nothing is left: no process, no file. */
    async close() {
      const ends = [...children].map((child) => new Promise((resolve) => child.once('close', resolve)));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ends);
      await (await client)?.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** @param {readonly string[]} words */
function found([program, ...args]) {
  return program === 'onejob' ? [join(root, 'bin/onejob.js'), ...args] : args;
}

/** @param {readonly string[]} words */
function typed(words) {
  return words.map((word) => (/^[\w./:=,@>-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}

/** Without what the reader has set for projects of their own. */
function cleanEnv() {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(ONEJOB_|EGO_)/.test(name)));
}
