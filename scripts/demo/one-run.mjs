// Part 1: one job on the terminal.
// @ts-check
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checked, heading, prompt, remark, say, table } from './page.mjs';
import { root } from './stage.mjs';

/**
 * @param {import('./stage.mjs').Stage} stage
 * @param {import('./words.mjs').Words} words
 */
export async function showOneRun(stage, words) {
  heading(words.one.title);
  say(words.one.what);
  prompt(`cd ${stage.folder}`);
  stage.export({ ONEJOB_JOBS: join(root, 'examples/01-access-log/jobs'), ONEJOB_LOG_FORMAT: 'pretty' });
  const generator = join(root, 'examples/01-access-log/generate.mjs');
  await expectCode(0, stage.run(['node', generator, 'access.log', '--lines', '300000', '--seed', '1']));

  remark(words.one.run);
  await expectCode(0, stage.run(['onejob', 'run', 'access-log', 'access.log', '--top', '3'], 'traffic.json'));
  remark(words.one.result);
  showTraffic(JSON.parse(await readFile(join(stage.folder, 'traffic.json'), 'utf8')), words);

  remark(words.one.wrong);
  await expectCode(2, stage.run(['onejob', 'run', 'access-log', 'access.log', '--topp', '3']));
  checked(words.one.exit2);

  remark(words.one.recorded);
  await expectCode(0, stage.run(['onejob', 'runs', 'list']));
  const { items } = await (await stage.client()).list();
  if (items.length !== 1 || items[0]?.state !== 'succeeded') throw new Error(`runs list: ${JSON.stringify(items)}`);
  checked(words.one.onlyOne);
}

/**
 * @param {number} wanted
 * @param {Promise<number | null>} ended
 */
async function expectCode(wanted, ended) {
  const code = await ended;
  if (code !== wanted) throw new Error(`exit code ${code} instead of ${wanted}`);
}

/**
 * @param {Traffic} traffic
 * @param {import('./words.mjs').Words} words
 *
 * @typedef {{ requests: number, bytes: number }} Sum
 * @typedef {object} Traffic
 * @property {number} requests
 * @property {number} malformed
 * @property {(Sum & { day: string })[]} days
 * @property {(Sum & { path: string })[]} paths
 * @property {(Sum & { client: string })[]} clients
 */
function showTraffic({ requests, malformed, days, paths, clients }, words) {
  if (requests + malformed !== 300_000) throw new Error(`${requests} requests and ${malformed} malformed of 300,000`);
  const { day, path, client, count, size } = words.one.columns;
  /** @param {readonly (readonly [string, Sum])[]} rows */
  const lines = (rows) =>
    rows.map(([name, sum]) => [name, sum.requests.toLocaleString('en'), `${(sum.bytes / 1e9).toFixed(2)} GB`]);
  table([
    [[day, count, size], ...lines(days.map((each) => [each.day, each]))],
    [[path, '', ''], ...lines(paths.map((each) => [each.path, each]))],
    [[client, '', ''], ...lines(clients.map((each) => [each.client, each]))],
  ]);
  say(`  ${words.one.malformed(malformed)}`);
}
