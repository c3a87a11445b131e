import type { Call } from '../call.ts';
import { printTable } from '../print/table.ts';
import { loadSettings } from '../settings.ts';

/** `onejob config`: each setting, its value and where that comes from (contract EGO-20). Secrets are masked. */
export async function execute({ terminal, flags }: Call): Promise<number> {
  const config = await loadSettings(flags);
  if (terminal.json) {
    terminal.outJson({ v: 1, root: config.root, file: config.file, values: config.values });
    return 0;
  }
  const { paint } = terminal;
  printTable(
    terminal,
    [
      { title: 'setting', cell: ({ name }) => paint.bold(name), plain: ({ name }) => name },
      {
        title: 'value',
        cell: ({ value }) => shown(value) || paint.dim('–'),
        plain: ({ value }) => shown(value),
        cut: true,
      },
      {
        title: 'from',
        cell: ({ from, source }) => (from === 'default' ? paint.dim('default') : source),
        plain: ({ from, source }) => (from === 'default' ? 'default' : source),
      },
    ],
    config.values,
  );
  return 0;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
