import type { Migration } from '../../ports/store.ts';
import type { Call } from '../call.ts';
import { withDatabase } from '../database.ts';

/** `onejob db migrate`: brings the schema to this code's version; `--sql` prints what it would send instead. */
export function execute(call: Call): Promise<number> {
  const { terminal, flags } = call;
  return withDatabase(call, async ({ store, upkeep }) => {
    if (flags.on('sql')) {
      const script = await upkeep().script();
      if (script === '') terminal.info(`the schema of ${store.facts.url} is up to date: nothing to run`);
      terminal.out(script);
      return 0;
    }
    const dryRun = flags.on('dry-run');
    const migration = await store.migrate({ dryRun });
    if (terminal.json) terminal.outJson({ v: 1, ...migration, dryRun });
    else terminal.out(`${said(migration, dryRun)}\n`);
    return 0;
  });
}

function said({ from, to }: Migration, dryRun: boolean): string {
  if (from === to) return `schema ${to} is up to date`;
  const was = from === 0 ? 'there is none' : `from ${from}`;
  if (dryRun) return `schema ${to} would be made (${was})`;
  return `schema ${to} is made (${from === 0 ? 'there was none' : was})`;
}
