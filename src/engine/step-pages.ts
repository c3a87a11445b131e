import type { PageOptions } from '../job/step.ts';
import type { Asked } from './step-journal.ts';
import type { StepTries } from './step-tries.ts';
import type { Steps } from './steps.ts';

export interface PagesWork {
  readonly tries: StepTries;
  readonly steps: Steps;
  readonly asked: Asked;
  readonly pages: PageOptions<unknown, unknown>;
  readonly each: (item: unknown) => unknown;
  readonly onItemFailed: (step: string, item: number, thrown: unknown) => void;
}

/**
 * One step that reads pages until an empty one. The cursor is recorded after each page, so a crash costs at most one
 * page, and nothing grows with the number of rows (CONTRACTS VT-24). Each page has the tries of the policy: with a page
 * that is recorded their count begins anew. What is returned executes one try.
 */
export function readPages(work: PagesWork): (attempt: number) => Promise<unknown> {
  const { asked, tries, steps, pages } = work;
  let output = asked.record?.output ?? null;
  let done = output === null ? { ...nothing, cursor: pages.from } : (JSON.parse(output) as Done);
  return async (first) => {
    for (let attempt = first; ; attempt = 1) {
      asked.part = { output, attempt };
      const page = await onePage(work, done, attempt);
      if (page === null) return { pages: done.pages, items: done.items, failed: done.failed };
      const text = tries.text(page, `the cursor of ${asked.key}`);
      await tries.begin(asked, { tries: 0, output: text });
      output = text;
      done = page;
      await steps.options.activity.rest(steps.options.gate);
    }
  };
}

interface Done {
  readonly cursor: unknown;
  readonly pages: number;
  readonly items: number;
  readonly failed: number;
}

const nothing = { pages: 0, items: 0, failed: 0 };

async function onePage(work: PagesWork, done: Done, attempt: number): Promise<Done | null> {
  const { asked, tries, pages } = work;
  const result = await tries.execute(asked, attempt, null, async (context) => {
    const items = await pages.read(done.cursor, context);
    if (items.length === 0) return null;
    const failed = await eachItem(work, items, done.items);
    return {
      cursor: pages.next(items.at(-1), items),
      pages: done.pages + 1,
      items: done.items + items.length,
      failed: done.failed + failed,
    };
  });
  return result as Done | null;
}

async function eachItem(
  { steps, asked, pages, each, onItemFailed }: PagesWork,
  items: readonly unknown[],
  before: number,
): Promise<number> {
  const { abort } = steps.options;
  let failed = 0;
  for (const [i, item] of items.entries()) {
    abort.check();
    try {
      await each(item);
    } catch (thrown) {
      if (pages.onError !== 'log' || abort.aborted) throw thrown;
      failed++;
      onItemFailed(asked.key, before + i, thrown);
    }
  }
  return failed;
}
