import type { Call } from '../call.ts';
import { withDatabase } from '../database.ts';

/** `onejob db backup FILE`: a whole copy of one moment, while work goes on. */
export function execute(call: Call): Promise<number> {
  const { terminal, positionals } = call;
  return withDatabase(call, async ({ store, upkeep }) => {
    const [file = ''] = positionals;
    const { bytes } = await upkeep().backup(file);
    if (terminal.json) terminal.outJson({ v: 1, file, bytes });
    else terminal.out(`${store.facts.url} is copied to ${file} (${bytes} bytes), opened again and found sound\n`);
    return 0;
  });
}
