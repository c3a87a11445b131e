// A server process for tests: started on a free port of 127.0.0.1, waited for, stopped for good.
// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} Server
 * @property {number} pid of the process that there is now
 * @property {() => Promise<void>} stop asks with its signal, after 20 s kills; resolves when gone
 * @property {() => Promise<void>} restart stops it and starts it on the same data and port
 *
 * @typedef {object} Launch
 * @property {string} file
 * @property {string[]} args
 * @property {string} log file that takes its output
 * @property {{ uid?: number, gid?: number, cwd?: string, env?: NodeJS.ProcessEnv }} as
 * @property {() => Promise<boolean>} isReady
 * @property {NodeJS.Signals} [endsBy] what ends it in order; sent by the kernel when this process is killed
 * @property {number} [patienceMs] how long it may take
 */

/**
 * Starts a server and waits until `isReady` says so.
 *
 * @param {Launch} how
 * @returns {Promise<Server>}
 * @throws {Error} with the end of its log, when it exits before it is ready
 */
export async function startServer(how) {
  let now = await launch(how);
  return {
    get pid() {
      return now.pid;
    },
    stop: () => now.stop(),
    async restart() {
      await now.stop();
      now = await launch(how);
    },
  };
}

/**
 * @param {Launch} how
 * @returns {Promise<Omit<Server, 'restart'>>}
 */
async function launch({ file, args, log, as, isReady, endsBy = 'SIGTERM', patienceMs = 60_000 }) {
  const [program, ...rest] = await endingWithParent(endsBy, [file, ...args]);
  const output = openSync(log, 'a');
  // A session of its own: a Ctrl-C at the terminal reaches the tests, not the server they still talk to.
  const child = spawn(program, rest, { ...as, stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  /** @type {Promise<unknown>} */
  const exited = new Promise((resolve) => child.on('exit', resolve).on('error', resolve));
  let running = true;
  void exited.then(() => (running = false));

  const deadline = Date.now() + patienceMs;
  while (!(await isReady())) {
    if (!running || Date.now() > deadline) {
      child.kill('SIGKILL');
      const said = await readFile(log, 'utf8').catch(() => '');
      throw new Error(`${file} did not become ready: ${said.trim().split('\n').slice(-5).join(' | ')}`);
    }
    await Promise.race([exited, sleep(25)]);
  }
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill(endsBy);
      // A server that a test has stopped hears no other signal.
      child.kill('SIGCONT');
      const giveUp = new AbortController();
      const killing = sleep(20_000, undefined, { signal: giveUp.signal }).then(
        () => child.kill('SIGKILL'),
        () => {},
      );
      await exited;
      giveUp.abort();
      await killing;
    },
  };
}

/**
 * On Linux the kernel itself ends the server when its guard is killed with -9; elsewhere it would stay.
 *
 * @param {NodeJS.Signals} signal
 * @param {[string, ...string[]]} command
 * @returns {Promise<[string, ...string[]]>}
 */
async function endingWithParent(signal, command) {
  const found = await runProgram('setpriv', ['--version']).catch(() => undefined);
  return found?.code === 0 ? ['setpriv', '--pdeathsig', signal.replace('SIG', ''), ...command] : command;
}

/**
 * Runs a program to its end.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {{ uid?: number, gid?: number, cwd?: string, env?: NodeJS.ProcessEnv }} [as]
 * @returns {Promise<{ code: number | null, said: string }>}
 */
export async function runProgram(file, args, as = {}) {
  const child = spawn(file, args, { ...as, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, said };
}

/**
 * Does whoever listens on the port answer `hello` (or say by itself, where it is empty) what matches?
 *
 * @param {number} port
 * @param {{ hello: string, answer: RegExp }} words
 * @returns {Promise<boolean>}
 */
export async function greets(port, { hello, answer }) {
  const socket = connect({ host: '127.0.0.1', port }).setTimeout(1000);
  try {
    return await new Promise((resolve) => {
      for (const event of ['error', 'timeout', 'close']) socket.on(event, () => resolve(false));
      socket.on('connect', () => socket.write(Buffer.from(hello, 'latin1')));
      socket.on('data', (bytes) => resolve(answer.test(bytes.toString('latin1'))));
    });
  } finally {
    socket.destroy();
  }
}

/** A port that nobody listens on now; whoever takes it must be ready to try another one. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}
