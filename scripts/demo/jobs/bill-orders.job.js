// The job of the demo's second part: five steps that each do something outside, where nothing can be rolled back.
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob } from 'onejob';
import { z } from 'zod';

export default defineJob({
  name: 'bill-orders',
  summary: 'Bills five orders; each bill is a line in a ledger',
  input: z.object({ ledger: z.string().describe('file that the bills are added to') }),

  async run({ input, step, progress, signal }) {
    const orders = await step('fetch', () => [101, 102, 103, 104, 105]);
    for (const [n, order] of orders.entries()) {
      progress(n / orders.length, `order ${order}`);
      await step(['bill', order], async ({ key }) => {
        await sleep(500, undefined, { signal }); // the bank takes its time
        await appendFile(input.ledger, `order ${order}  billed by process ${process.pid}  key ${key}\n`);
      });
    }
    return { billed: orders.length };
  },
});
