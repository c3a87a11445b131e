import { Given } from '../arguments/given.ts';
import { readLine } from '../arguments/read-line.ts';
import type { Call } from '../call.ts';
import { candidates } from '../help/candidates.ts';
import { withJobs } from '../session.ts';

/** `onejob __complete -- <words>`: candidates for the last word, a line each, with what they are behind a tab. */
export async function execute(call: Call): Promise<number> {
  const { terminal, words } = call;
  const jobs = () => withJobs({ ...call, given: givenOf(words) }, ({ jobs }) => jobs.registry.all()).catch(() => []);
  const found = await candidates(words, jobs);
  for (const { text, says } of found) terminal.out(`${text}\t${says}\n`);
  return 0;
}

/** The flags that the line has so far, so that `--jobs` counts; a line that is not finished may be wrong. */
function givenOf(words: readonly string[]): Given {
  try {
    return readLine(words.slice(0, -1)).given;
  } catch {
    return new Given();
  }
}
