import type { AnyJob, RunnerName } from '../../job/define.ts';
import { inlineRunner } from './inline-runner.ts';
import type { Runner } from './runner.ts';

/** Which runner executes which kind of job. */
const runners: Readonly<Record<RunnerName, Runner>> = { inline: inlineRunner };

export function runnerOf({ runner }: Pick<AnyJob, 'runner'>): Runner {
  return runners[runner];
}
