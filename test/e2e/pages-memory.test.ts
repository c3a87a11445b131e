import { expect, test } from 'vitest';
import { runNode } from '../support/node-process.ts';

/** 150 pages of 100 rows, 120 MB in all. */
const program = `
  const { createApp, defineJob } = await import(dist + 'index.js');
  const page = () => Array.from({ length: 100 }, () => Array.from({ length: 1_000 }, () => Math.random()));
  const job = defineJob({
    name: 'work',
    run: ({ step }) => {
      let n = 0;
      const pages = { from: 0, onError: 'log', read: () => (n++ < 150 ? page() : []), next: () => n };
      return step.pages('all', pages, () => undefined);
    },
  });
  const app = createApp({ jobs: [job], store: 'memory:', log: { level: 'silent' } });
  const [run] = await app.execute([{ job: 'work', trigger: 'api' }]);
  process.stdout.write(run.output ?? run.error.message);
  await app.stop();`;

test('VT-24 memory does not grow with the rows', { timeout: 120_000 }, async () => {
  // Holds all that is needed; where the rows were kept, Node would end with `heap out of memory`.
  const flags = ['--max-old-space-size=48', '--max-semi-space-size=4'];
  const ended = await runNode(program, { flags });
  expect(ended).toMatchObject({ code: 0, stdout: '{"pages":150,"items":15000,"failed":0}' });
});
