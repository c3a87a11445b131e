import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import { createInstalled, startOnejob } from '../support/onejob.ts';
import { openStream } from '../support/server.ts';
import { serve } from '../support/serving.ts';
import { sharedStores } from '../support/shared-store.ts';
import { until } from '../support/until.ts';

const files = {
  'jobs/hold.job.mjs': `
    import { defineJob } from 'onejob';
    import { existsSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    export default defineJob({
      async run({ input, signal }) { while (!existsSync(input)) await sleep(5, undefined, { signal }); },
    });`,
};

/** Ids that a reader of events hears, and how often it heard that any run may have changed. */
async function hearing(url: string): Promise<{ ids: Set<string>; any: number }> {
  const heard = { ids: new Set<string>(), any: 0 };
  const answer = await openStream(`${url}/api/v1/events`);
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      const { runs } = JSON.parse(line.slice('data: '.length)) as { runs: string[] | null };
      for (const run of runs ?? []) heard.ids.add(run);
      if (!runs) heard.any++;
    }
  });
  return heard;
}

test.each(['sqlite', 'postgres', 'mysql'] as const)(
  'a node that executes nothing names the runs that another one begins and ends, on %s',
  { timeout: 180_000 },
  async (name) => {
    const cwd = await createInstalled(files);
    const store = await sharedStores[name](cwd);
    const face = await serve({ cwd }, ['--node=face', '--roles=http', '--store', store]);
    const client = createClient({ store });
    onTestFinished(() => client.close());
    const first = await client.enqueue('hold', 'gate-1');
    const heard = await hearing(face.url);
    const worker = startOnejob(['start', '--node=worker', '--roles=worker', '--store', store], { cwd });
    await worker.said('onejob ready');
    await until('the beginning of the first is heard', () => heard.ids.has(first.id), 60_000);

    const second = await client.enqueue('hold', 'gate-2');
    await until('both run', async () => {
      const runs = await client.getMany([first.id, second.id]);
      return runs.every((run) => run?.state === 'running');
    });
    await until('the second is heard', () => heard.ids.has(second.id), 60_000);
    heard.ids.clear();
    await writeFile(join(cwd, 'gate-1'), '');
    await until('the end of the first is heard', () => heard.ids.has(first.id), 60_000);
    heard.ids.delete(first.id);

    worker.child.kill('SIGKILL');
    await until('what is lost is made up for: any may have changed', () => heard.any > 0, 60_000);
    const another = startOnejob(['start', '--node=worker', '--roles=worker', '--store', store], { cwd });
    await another.said('onejob ready');
    heard.ids.clear();
    await until('the second, taken over, is heard again', () => heard.ids.has(second.id), 60_000);
  },
);
