import type { Migration, Store } from '../../ports/store.ts';
import type { Call } from '../call.ts';
import { withDatabase } from '../database.ts';
import { alignRows } from '../print/table.ts';

/** `onejob db status`: what the store is, and whether its schema fits. Migrates nothing. */
export function execute(call: Call): Promise<number> {
  const { terminal } = call;
  return withDatabase(call, async ({ store, upkeep }) => {
    const { from, to } = await store.migrate({ dryRun: true });
    const { server, bytes } = from === 0 ? { server: null, bytes: null } : await upkeep().examine();
    const { url, id, reach } = store.facts;
    if (terminal.json) {
      terminal.outJson({
        v: 1,
        url,
        id: id === '' ? null : id,
        reach,
        server,
        bytes,
        schema: { found: from, known: to },
      });
      return 0;
    }
    const rows = [
      ['store', url],
      ['server', server ?? ''],
      ['schema', schemaLine({ from, to })],
      ['size', bytes === null ? '' : sizeText(bytes)],
      ['seen by', reachText[reach]],
      ['id', id],
    ].filter(([, value]) => value !== '');
    terminal.out(`${alignRows(rows.map(([name = '', value = '']) => [terminal.paint.dim(name), value])).join('\n')}\n`);
    return 0;
  });
}

function schemaLine({ from, to }: Migration): string {
  if (from === to) return `${to}, up to date`;
  return from === 0 ? `none yet; onejob db migrate makes ${to}` : `${from}, older than ${to}; run: onejob db migrate`;
}

const reachText: Readonly<Record<Store['facts']['reach'], string>> = {
  process: 'this process only',
  host: 'the processes of this machine',
  network: 'every machine that reaches it',
};

function sizeText(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024;
  return mebibytes < 10 ? `${mebibytes.toFixed(1)} MB` : `${Math.round(mebibytes)} MB`;
}
