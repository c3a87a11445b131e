import { importVtask, type Imports } from '../../app/client/vtask-import.ts';
import { settingsOf } from '../../app/config/settings.ts';
import { usage } from '../arguments/flag.ts';
import type { Call } from '../call.ts';
import { withOwnApp } from '../session.ts';

/** `onejob db import vtask --from URL`: takes the tasks of vtask's table over (contract VT-23). */
export function execute(call: Call): Promise<number> {
  const { terminal, flags, positionals } = call;
  const [what = ''] = positionals;
  const from = flags.text('from');
  if (what !== 'vtask') usage(`onejob imports from vtask, not from ${what}`);
  if (from === undefined) usage('say where the table is: --from mysql://user@host:3306/database');
  return withOwnApp(call, async ({ app }) => {
    const [store] = await Promise.all([app.openStore(), app.jobs.load()]);
    const dryRun = flags.on('dry-run');
    const imports = await importVtask({
      from,
      table: flags.text('table'),
      store,
      registry: app.jobs.registry,
      maxBytes: settingsOf(app.config.options).valueBytes,
      dryRun,
    });
    if (terminal.json) terminal.outJson({ v: 1, ...imports, dryRun });
    else terminal.out(said(imports, dryRun));
    return imports.leftOut.length > 0 ? 1 : 0;
  });
}

const shownAtMost = 20;

function said({ succeeded, failed, goingOn, existing, leftOut }: Imports, dryRun: boolean): string {
  const would = dryRun ? 'would be ' : '';
  const shown = leftOut.slice(0, shownAtMost).map(({ uuid, why }) => `left out: ${uuid}: ${why}`);
  if (leftOut.length > shownAtMost) shown.push(`left out: ${leftOut.length - shownAtMost} more; --json lists all`);
  return [
    `${succeeded + failed + goingOn} tasks ${would}taken over: ${succeeded} succeeded, ${failed} failed, ${goingOn} go on`,
    `${existing} are here already`,
    ...shown,
    '',
  ].join('\n');
}
