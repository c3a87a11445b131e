/**
 * Rounds a delay, which is a fraction where it has jitter. Instants are whole numbers on all databases: PostgreSQL
 * refuses others.
 */
export function wholeMs(ms: number): number {
  return Math.ceil(ms);
}
