import { Flags } from '../arguments/flags.ts';
import { readLine } from '../arguments/read-line.ts';
import type { Call } from '../call.ts';
import { candidates } from '../help/candidates.ts';
import { withJobs } from '../session.ts';

/** `onejob __complete -- <words>`: candidates for the last word, a line each, with what they are behind a tab. */
export async function execute(call: Call): Promise<number> {
  const { terminal, positionals } = call;
  const jobs = () =>
    withJobs({ ...call, flags: flagsOf(positionals) }, ({ jobs }) => jobs.registry.all()).catch(() => []);
  const found = await candidates(positionals, jobs);
  for (const { text, help } of found) terminal.out(`${text}\t${help}\n`);
  return 0;
}

/** The flags that the line has so far, so that `--jobs` counts; a line that is not finished may be wrong. */
function flagsOf(positionals: readonly string[]): Flags {
  try {
    return readLine(positionals.slice(0, -1)).flags;
  } catch {
    return new Flags();
  }
}
