import type { Call } from '../call.ts';
import { withDatabase } from '../database.ts';

/** `onejob db restore FILE`: a backup takes the place of the store, which no process may have open. */
export function execute(call: Call): Promise<number> {
  const { terminal, positionals } = call;
  return withDatabase(call, async ({ store, upkeep }) => {
    const [file = ''] = positionals;
    const { bytes, kept } = await upkeep().restore(file);
    if (terminal.json) {
      terminal.outJson({ v: 1, file, bytes, kept });
      return 0;
    }
    terminal.out(`${store.facts.url} is what ${file} has (${bytes} bytes), opened and found sound\n`);
    if (kept !== null) terminal.out(`what was there before is kept in ${kept}\n`);
    return 0;
  });
}
