import { readFailure } from '../../job/failure.ts';
import type { PageOptions } from '../../job/step.ts';
import type { StepCall } from './step-journal.ts';
import type { StepRuntime } from './step-runtime.ts';
import type { StepTries } from './step-tries.ts';

export interface PagesWork {
  readonly runtime: StepRuntime;
  readonly tries: StepTries;
  readonly call: StepCall;
  readonly pages: PageOptions<unknown, unknown>;
  readonly each: (item: unknown) => unknown;
}

/**
 * One step that reads pages until an empty one. The cursor is recorded after each page, so a crash costs at most one
 * page, and nothing grows with the number of rows (contract VT-24). Each page has the tries of the policy, but the record
 * counts on over all pages: so the store knows a record that comes late from a newer one, and no cursor goes back. What is
 * returned executes one try.
 */
export function readPages(work: PagesWork): (attempt: number) => Promise<unknown> {
  const { call, pages } = work;
  const { waitTracker, gate } = work.runtime;
  let output = call.record?.output ?? null;
  let done: Done = { ...nothing, cursor: pages.from, ...(output !== null && (JSON.parse(output) as Done)) };
  return async (first) => {
    for (let tries = first; ; tries++) {
      call.part = { output, tries, before: done.tries };
      const page = await onePage(work, done, tries);
      if (page === null) return { pages: done.pages, items: done.items, failed: done.failed };
      const text = work.tries.text(page, `the cursor of ${call.key}`);
      await work.tries.begin(call, { tries, output: text });
      output = text;
      done = page;
      await waitTracker.rest(() => gate.pass());
    }
  };
}

interface Done {
  readonly cursor: unknown;
  readonly pages: number;
  readonly items: number;
  readonly failed: number;
  /** Of all pages so far. */
  readonly tries: number;
}

const nothing = { pages: 0, items: 0, failed: 0, tries: 0 };

async function onePage(work: PagesWork, done: Done, tries: number): Promise<Done | null> {
  const { call, pages } = work;
  const result = await work.tries.execute(call, tries - done.tries, null, async (context) => {
    const items = await pages.read(done.cursor, context);
    if (items.length === 0) return null;
    const failed = await eachItem(work, items, done.items);
    return {
      cursor: pages.next(items.at(-1), items),
      pages: done.pages + 1,
      items: done.items + items.length,
      failed: done.failed + failed,
      tries,
    };
  });
  return result as Done | null;
}

async function eachItem(
  { runtime, call, pages, each }: PagesWork,
  items: readonly unknown[],
  before: number,
): Promise<number> {
  const { abort, host, output } = runtime.execution;
  let failed = 0;
  for (const [i, item] of items.entries()) {
    abort.check();
    try {
      await each(item);
    } catch (thrown) {
      if (pages.onError !== 'log' || abort.aborted) throw thrown;
      failed++;
      const text = `item ${before + i} of ${call.key} failed: ${readFailure(thrown).failure.message}`;
      output.write({ at: host.clock.now(), stream: 'log', level: 'error', text, step: call.key });
    }
  }
  return failed;
}
