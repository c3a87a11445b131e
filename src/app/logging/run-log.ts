import { labelsOf } from '../../engine/worker/claim-names.ts';
import type { OutputLine } from '../../job/output-line.ts';
import type { Log } from '../../ports/log.ts';
import type { Claim } from '../../ports/store-claim.ts';

/**
 * Writes a line of a run into the log of its process, which is where the operator of a worker looks: what the handler
 * logged at its own level, what it printed with `console` at `debug`. All of it is kept with the run anyway.
 */
export function logLine(log: Log, claim: Claim, { stream, level, text, fields }: OutputLine): void {
  const at = stream === 'log' ? level : 'debug';
  if (log.isOn?.(at) === false) return;
  log[at](text, { ...fields, ...labelsOf(claim), ...(stream !== 'log' && { stream }) });
}
