// The jobs of the durability tests. Each execution of a step, and what a handler notices, is a line of the ledger: a
// file that no store knows, appended to by the workers themselves.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { defineJob } from 'onejob';

const ledger = process.env['LEDGER'] ?? '/dev/null';
const note = (entry) => appendFileSync(ledger, `${JSON.stringify({ pid: process.pid, at: Date.now(), ...entry })}\n`);

/** As many steps as asked for, one after the other, each a few milliseconds long. */
async function walk({ input, step, run }) {
  let sum = 0;
  for (let i = 0; i < input.steps; i++) {
    sum += await step(['step', i], async () => {
      note({ run: run.id, step: i });
      await sleep(input.ms ?? 2);
      return i;
    });
  }
  return sum;
}

export const steps = defineJob({ name: 'steps', run: walk });

/** Bears it that its workers are killed three times before it gets anywhere, as happens on a busy machine. */
export const sturdy = defineJob({ name: 'sturdy', maxCrashes: 1_000, run: walk });

/** Writes down that it was executed. */
export const noted = defineJob({ name: 'noted', run: ({ run }) => note({ run: run.id, event: 'begun' }) });

/** Blocks the event loop from its first instruction. */
export const block = defineJob({
  name: 'block',
  run({ input, run }) {
    note({ run: run.id, event: 'begun' });
    const until = performance.now() + input.ms;
    while (performance.now() < until);
    note({ run: run.id, event: 'done' });
    return 'done';
  },
});

/** Never comes back, and has a time-out. */
export const hang = defineJob({
  name: 'hang',
  timeout: '2s',
  grace: '1s',
  run({ run }) {
    note({ run: run.id, event: 'begun' });
    for (;;);
  },
});

/** Waits for its signal and says what it was. */
export const listens = defineJob({
  name: 'listens',
  async run({ run, signal, step }) {
    note({ run: run.id, event: 'begun' });
    await step('first', () => 1);
    // A signal that has aborted before, while the step was recorded, says nothing any more.
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    note({ run: run.id, event: 'aborted', reason: signal.reason.code });
    throw signal.reason;
  },
});

/**
 * Steps that go on, whatever the signal says, while their process may be stopped and continued. The third ends when the
 * file `gate` is there, so that others have the time to come.
 */
export const zombie = defineJob({
  name: 'zombie',
  async run({ run, step, signal, input }) {
    signal.addEventListener('abort', () => note({ run: run.id, event: 'aborted', reason: signal.reason.code }));
    for (let i = 0; i < input.steps; i++) {
      await step(['step', i], async () => {
        note({ run: run.id, step: i });
        await sleep(input.ms);
        if (i === 2) while (!existsSync(input.gate)) await sleep(5);
        return process.pid;
      });
    }
    return process.pid;
  },
});

/** Takes its worker down with it. */
export const poison = defineJob({
  name: 'poison',
  run({ run }) {
    note({ run: run.id, event: 'begun' });
    process.kill(process.pid, 'SIGKILL');
  },
});

/** Everything that waits: a sleep, an event, a child, a race. */
export const waits = defineJob({
  name: 'waits',
  maxCrashes: 1_000, // killed after an instant, whatever it has done by then
  async run({ step, run }) {
    const winner = await Promise.race([
      step('fast', async () => {
        note({ run: run.id, step: 'fast' });
        return 'fast';
      }),
      step('slow', async () => {
        await sleep(50);
        return 'slow';
      }),
    ]);
    note({ run: run.id, event: 'winner', winner });
    await step.sleep('nap', '500ms');
    const word = await step.wait('go');
    const child = await step.run('child', steps, { steps: 3 });
    return { winner, word, child };
  },
});

/**
 * Its first step ends when the file `gate` is there. Says when the step's record is on its way; when the file
 * `block` names its process, its main loop stands still until `go` is there too.
 */
export const gated = defineJob({
  name: 'gated',
  async run({ run, step, signal, input }) {
    signal.addEventListener('abort', () => note({ run: run.id, event: 'aborted', reason: signal.reason.code }));
    const blocks = setInterval(() => {
      if (!existsSync(input.block) || readFileSync(input.block, 'utf8') !== String(process.pid)) return;
      note({ run: run.id, event: 'blocked' });
      while (!existsSync(input.go));
      clearInterval(blocks);
    }, 5);
    const first = step('first', async () => {
      note({ run: run.id, step: 'first' });
      while (!existsSync(input.gate)) await sleep(5);
      setImmediate(async () => {
        for (let i = 0; i < 10; i++) await turn();
        note({ run: run.id, event: 'sent' });
      });
      return process.pid;
    });
    try {
      await first;
      for (const name of ['second', 'third']) {
        await step(name, () => {
          note({ run: run.id, step: name });
          return process.pid;
        });
      }
      return process.pid;
    } finally {
      clearInterval(blocks);
    }
  },
});

/** Many short steps; says which error a step gave it, whatever it was. */
export const voyage = defineJob({
  name: 'voyage',
  async run({ run, step, input }) {
    for (let i = 0; i < input.steps; i++) {
      try {
        await step(['step', i], async () => {
          note({ run: run.id, step: i });
          await sleep(input.ms);
          return i;
        });
      } catch (error) {
        note({ run: run.id, event: 'error', reason: String(error.code) });
        throw error;
      }
    }
    return 'there';
  },
});

/** Sleeps for an hour behind its first step. */
export const naps = defineJob({
  name: 'naps',
  async run({ run, step }) {
    await step('before', () => note({ run: run.id, step: 'before' }));
    await step.sleep('nap', '1h');
    return 'rested';
  },
});

/** Fails, and its next try is an hour away. */
export const retries = defineJob({
  name: 'retries',
  retry: { attempts: 2, delay: '1h' },
  async run({ run, step }) {
    await step('breaks', () => {
      note({ run: run.id, step: 'breaks' });
      throw new Error('broken for now');
    });
  },
});
