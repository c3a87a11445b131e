import type { Finding } from '../../ports/upkeep.ts';

/**
 * The clock of the server against ours, whose instants before and after the question bracket it. Due instants are by
 * the server's clock; a step's begin and end, and what people read in logs, by the worker's.
 */
export function checkClock({ before, after, server }: { before: number; after: number; server: number }): Finding {
  const offset = server < before ? server - before : Math.max(0, server - after);
  if (Math.abs(offset) < 2_000) return { grade: 'ok', text: 'its clock and that of this machine agree' };
  const seconds = Math.round(Math.abs(offset) / 1000);
  return {
    grade: 'warn',
    text: `its clock is ${seconds} s ${offset > 0 ? 'ahead of' : 'behind'} that of this machine`,
    hint: 'set both by NTP; runs are due by the clock of the store',
  };
}
