// @ts-check
import { spawn } from 'node:child_process';
import { env, exit } from 'node:process';
import { say } from './page.mjs';
import { root } from './stage.mjs';

/**
 * `npm run build`, whose output is shown only when it fails.
 *
 * @param {import('./words.mjs').Words} words
 */
export async function buildQuietly(words) {
  say(words.building);
  const since = performance.now();
  const npm = env['npm_execpath'];
  const [program, ...before] = npm ? [process.execPath, npm] : ['npm'];
  const child = spawn(program, [...before, 'run', 'build'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) {
    console.error(`${said.trim()}\n${words.buildFailed}`);
    exit(1);
  }
  say(words.built((performance.now() - since) / 1000));
}
