// What onejob is, in a quarter of a minute: `npm run demo`.
//
// Builds, works in a temporary folder that is removed at the end, shows each command as one would type it and what it
// really printed, and checks what it says: a part that does not do what the text beside it claims ends the demo with
// exit code 1. Chinese where the environment asks for it (LC_ALL, LANG).
// @ts-check
import process, { argv, env, exit, version } from 'node:process';
import { buildQuietly } from './demo/build.mjs';
import { showOneRun } from './demo/one-run.mjs';
import { heading, paint, say } from './demo/page.mjs';
import { showHttp } from './demo/over-http.mjs';
import { openStage } from './demo/stage.mjs';
import { showTakeover } from './demo/takeover.mjs';
import { nextCommands, textsFor } from './demo/words.mjs';

const words = textsFor(env);

if (isTooOld(version)) {
  console.error(words.tooOld(version));
  exit(2);
}

say(paint.bold(words.title));
if (!argv.includes('--no-build')) await buildQuietly(words);
const stage = await openStage();
let isLeft = false;
process.once('SIGINT', () => leave(130));
process.once('SIGTERM', () => leave(143));
process.stdout.once('error', () => leave(0)); // whoever reads has seen enough: `npm run demo | head`

try {
  say(words.where(stage.folder));
  await showOneRun(stage, words);
  await showTakeover(stage, words);
  await showHttp(stage, words);
  heading(words.next);
  for (const [i, command] of nextCommands.entries()) {
    say(`  ${paint.cyan(command)}\n      ${paint.dim(words.whats[i] ?? '')}`);
  }
  say('');
} catch (error) {
  if (!isLeft) console.error(`\n${paint.red(words.failed)} ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await stage.close();
}
if (process.exitCode === undefined) say(words.gone(stage.folder));

/** Ends early and leaves nothing behind. @param {number} code */
function leave(code) {
  isLeft = true;
  void stage.close().then(() => exit(code));
}

/** @param {string} node */
function isTooOld(node) {
  const [major = 0, minor = 0] = node.slice(1).split('.').map(Number);
  return major < 20 || (major === 20 && minor < 19);
}
