// A contender's process, asked for one measure at a time.
// @ts-check
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** The Node that all run on: peers want 22.18 or newer, so the package brings one where this one is older. */
export function execPath() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  const brought = here(`node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(brought)) return brought;
  throw new Error(`graphile-worker and pg-boss need Node 22.18 or newer, this is ${process.versions.node}`);
}

/**
 * @typedef {object} Answer
 * @property {boolean} [halfway]
 * @property {Record<string, unknown>} [figures]
 * @property {string} [error]
 */

export class ContenderProcess {
  #child;

  /** @param {string} system */
  constructor(system) {
    this.#child = fork(here('child.mjs'), [system], { execPath: execPath(), execArgv: [] });
  }

  get pid() {
    return this.#child.pid ?? 0;
  }

  /** @param {import('./child.mjs').Task} task @param {() => Promise<void>} settle @returns {Promise<Record<string, unknown>>} */
  async measure(task, settle) {
    if (!this.#child.connected) throw new Error('its process has ended');
    this.#child.send(task);
    for (;;) {
      const { figures, error, halfway } = await this.#next();
      if (error !== undefined) throw new Error(error);
      if (figures !== undefined) return figures;
      if (halfway === true) {
        await settle();
        this.#child.send('go on');
      }
    }
  }

  leave() {
    if (this.#child.connected) this.#child.send('leave');
  }

  /** @returns {Promise<Answer>} */
  #next() {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const onMessage = (/** @type {unknown} */ answer) => {
        child.off('exit', onExit);
        resolve(/** @type {Answer} */ (answer));
      };
      const onExit = (/** @type {number | null} */ code) => {
        child.off('message', onMessage);
        reject(new Error(`the process ended with ${code}`));
      };
      child.once('message', onMessage);
      child.once('exit', onExit);
    });
  }
}
