import { expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { RetryLater } from '../../../src/job/failure.ts';
import { newId } from '../../../src/std/id.ts';
import type { Duration } from '../../../src/std/duration.ts';
import { openApp } from '../../support/apps.ts';

const wrong = [Number.NaN, Infinity, -1, '1 week', '365251d', null] as unknown as Duration[];

test.each(wrong)('%s is refused with a sentence and a code wherever a duration is given', async (value) => {
  const far = defineJob({ name: 'far', run: ({ step }) => step.sleep('a', value) });
  const wait = defineJob({ name: 'wait', run: ({ step }) => step.wait('e', { timeout: value }) });
  const later = defineJob({
    name: 'later',
    run() {
      throw new RetryLater(value);
    },
  });
  const { app, run } = openApp([far, wait, later]);
  const sentence = /(is not|is too long for) a duration/;
  const usage = { code: 'USAGE', message: expect.stringMatching(sentence) as string };
  const { client } = app;
  await expect(client.enqueue(far, undefined, { delay: value })).rejects.toMatchObject(usage);
  await expect(client.enqueue(far, undefined, { timeout: value })).rejects.toMatchObject(usage);
  await expect(client.enqueueMany(far, [{ input: undefined, delay: value }])).rejects.toMatchObject(usage);
  await expect(client.wait(newId(), { timeout: value })).rejects.toMatchObject(usage);
  await expect(run('far', { delay: value })).rejects.toMatchObject(usage);
  await expect(run('far', { timeout: value })).rejects.toMatchObject(usage);
  for (const job of ['far', 'wait', 'later']) {
    const { state, error } = await run(job);
    expect({ job, state, message: error?.message }).toEqual({
      job,
      state: 'failed',
      message: expect.stringMatching(sentence) as string,
    });
  }
  const options: object[] = [
    { timeout: value },
    { deadline: value },
    { grace: value },
    { retry: { delay: value } },
    { retry: { maxDelay: value } },
  ];
  for (const option of options) {
    const define = () => defineJob({ name: 'x', run: () => 1, ...option });
    expect(define).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(sentence) as string }),
    );
  }
});
