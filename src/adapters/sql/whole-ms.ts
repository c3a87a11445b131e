/** A delay with jitter is a fraction. Instants are whole, on all databases the same: PostgreSQL refuses others. */
export function wholeMs(ms: number): number {
  return Math.ceil(ms);
}
