import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/app/client/create-client.ts';
import { createInstalled } from '../support/onejob.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { postJob, serve, type Answered } from '../support/serving.ts';
import { sharedStores } from '../support/shared-store.ts';

const files = {
  'jobs/count.job.mjs': `
    import { defineJob } from 'onejob';
    import { setTimeout as sleep } from 'node:timers/promises';
    export default defineJob({ maxCrashes: 100, async run({ input, step }) {
      for (const n of [1, 2, 3]) await step(['s', n], async () => {
        await sleep(Math.random() * 20);
        return n;
      });
      return 'all of ' + input.n;
    } });`,
};

describe.each(['sqlite', 'postgres'] as const)('a server that is killed again and again, on %s', (kind) => {
  test('EGO-15 every RunID that is asked for until it is answered has one run with one outcome', async () => {
    const cwd = await createInstalled(files);
    const store = await sharedStores[kind](cwd);
    const start = () => serve({ cwd }, [`--store=${store}`, '--log-level=error', '--node=one']);
    const random = seededRandom(20_261_121);
    let serving = await start();
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const enough = performance.now() + 60_000; // a busy machine may need ten seconds for a start
    let kills = 0;
    const killing = (async () => {
      while (!over.signal.aborted && kills < 12 && performance.now() < enough) {
        await sleep(50 + random() * 200);
        serving.process.child.kill('SIGKILL');
        kills++;
        serving = await start();
      }
    })();
    const runIds = Array.from({ length: 60 }, (_, n) => `r${n}`);
    const answers = await Promise.all(runIds.map((runId, n) => postUntilAnswered(() => serving.url, runId, n)));
    over.abort();
    await killing;
    expect(answers.map(({ body }) => body)).toEqual(runIds.map((_, n) => `all of ${n}`));
    expect(kills).toBeGreaterThan(0);

    const again = await Promise.all(runIds.map((runId, n) => postUntilAnswered(() => serving.url, runId, n)));
    expect(again.map(({ body, headers }) => [body, headers['x-onejob-replayed']])).toEqual(
      runIds.map((_, n) => [`all of ${n}`, 'true']),
    );
    const client = createClient({ store });
    const { items } = await client.list({ job: 'count', limit: 1_000 });
    await client.close();
    expect(items.map(({ key, state }) => `${key} ${state}`).toSorted()).toEqual(
      runIds.map((runId) => `ego:${runId} succeeded`).toSorted(),
    );
  }, 300_000);
});

/** As a caller does that wants an answer: what breaks off, or is told to ask again, asks again. */
async function postUntilAnswered(url: () => string, runId: string, n: number): Promise<Answered> {
  for (;;) {
    const answer = await postJob(url(), 'count', runId, { body: JSON.stringify({ n }) }).catch(() => null);
    if (answer?.status === 200) return answer;
    if (answer !== null && answer.status !== 503) throw new Error(`${runId}: ${answer.status} ${answer.body}`);
    await sleep(20);
  }
}
