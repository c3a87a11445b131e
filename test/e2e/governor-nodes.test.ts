import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openBackend } from '../../src/app/backend/backend.ts';
import { createInstalled } from '../support/onejob.ts';
import { postJob, serve, type Answered, type Serving } from '../support/serving.ts';
import { sharedStores } from '../support/shared-store.ts';
import { until } from '../support/until.ts';

const files = {
  'jobs/gated.job.mjs': `
    import { defineJob } from 'onejob';
    import { appendFileSync, existsSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    const note = (line) => appendFileSync('ledger', line + '\\n');
    export default defineJob({
      async run({ signal }) {
        note('begin');
        try {
          while (!existsSync('gate')) await sleep(5, undefined, { signal });
        } catch (error) {
          note(signal.reason.message);
          throw error;
        }
        return 'through';
      },
    });`,
};

interface Caller {
  readonly answer: Promise<Answered | 'left'>;
  leave(): void;
}

/** One RunID that two nodes are asked for: the first one executes it, the second one's caller joins. */
async function twoNodes(name: keyof typeof sharedStores) {
  const cwd = await createInstalled(files);
  const store = await sharedStores[name](cwd);
  const [one, two] = [
    await serve({ cwd }, ['--node=one', '--store', store]),
    await serve({ cwd }, ['--node=two', '--store', store]),
  ];
  const ledger = async () =>
    existsSync(join(cwd, 'ledger')) ? (await readFile(join(cwd, 'ledger'), 'utf8')).trim().split('\n') : [];
  const first = call(one);
  await until('the run has begun', async () => (await ledger()).length === 1, 30_000);
  const second = call(two);
  await heardFrom(2, store);
  return {
    one,
    two,
    first,
    second,
    ledger,
    store,
    open: () => writeFile(join(cwd, 'gate'), ''),
    told: () =>
      until('the run was told', async () => (await ledger()).some((line) => line.endsWith('client closed')), 30_000),
  };
}

function call({ url }: Serving): Caller {
  const leaving = new AbortController();
  const answer = postJob(url, 'gated', 'r', { signal: leaving.signal }).catch(() => 'left' as const);
  return { answer, leave: () => leaving.abort() };
}

/** Asks as the nodes ask each other, until so many say that somebody waits there. */
async function heardFrom(nodes: number, url: string): Promise<void> {
  const { store, notifier } = await openBackend(url);
  onTestFinished(async () => {
    await notifier?.close();
    await store.close();
  });
  const [run] = await store.get(['ego:r']);
  const said = new Set<string>();
  notifier?.listen((line) => {
    const [from = '', about] = line?.split(' ') ?? [];
    if (about === 'awaited') said.add(from);
  });
  await until(
    'somebody waits on every node',
    () => {
      notifier?.publish(`test awaited? ${run?.id}`);
      return said.size >= nodes;
    },
    30_000,
  );
}

const bounds = { timeout: 120_000 };

describe.each(['sqlite', 'postgres', 'mysql'] as const)('callers who leave two nodes, on %s', (name) => {
  test(
    'EGO-18 the one at the node that executes it leaves: it goes on; then the other: it is aborted',
    bounds,
    async () => {
      const { first, second, ledger, told } = await twoNodes(name);
      first.leave();
      expect(await first.answer).toBe('left');
      await new Promise((resolve) => setTimeout(resolve, 3_000)); // longer than it is asked who waits
      expect(await ledger()).toEqual(['begin']);
      second.leave();
      await told();
      expect(await ledger()).toHaveLength(2);
    },
  );
});

describe.each(['sqlite', 'postgres'] as const)('callers on two nodes, one of which goes first, on %s', (name) => {
  test(
    'EGO-18 the one at the other node leaves, then the first: it goes on, and then it is aborted',
    bounds,
    async () => {
      const { first, second, ledger, told } = await twoNodes(name);
      second.leave();
      expect(await second.answer).toBe('left');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(await ledger()).toEqual(['begin']);
      first.leave();
      await told();
      expect(await ledger()).toHaveLength(2);
    },
  );

  test('EGO-18 the node that executes it is killed: who waits at the other one gets the outcome', bounds, async () => {
    const { one, first, second, ledger, open } = await twoNodes(name);
    one.process.child.kill('SIGKILL');
    expect(await first.answer).toBe('left');
    await until('it is taken over', async () => (await ledger()).length === 2, 60_000);
    await open();
    expect(await second.answer).toMatchObject({ status: 200, body: 'through' });
    expect(await ledger()).toEqual(['begin', 'begin']);
  });

  test('EGO-18 the other node is killed: it goes on until the first leaves, and is aborted then', bounds, async () => {
    const { two, first, second, ledger, told } = await twoNodes(name);
    two.process.child.kill('SIGKILL');
    expect(await second.answer).toBe('left');
    expect(await ledger()).toEqual(['begin']);
    first.leave();
    await told();
  });
});
