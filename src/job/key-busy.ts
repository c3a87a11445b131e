import { hasCode, OnejobError } from './errors.ts';

/** The error of a batch that created nothing: transactions of others, which are still open, are creating these keys. */
export function keyBusy(keys: readonly string[]): OnejobError {
  const [first = ''] = keys;
  const more = keys.length > 1 ? `, and ${keys.length - 1} other${keys.length > 2 ? 's' : ''},` : '';
  return new OnejobError(
    'KEY_BUSY',
    `a transaction that is still open creates a run with the key ${first}${more} and nobody knows yet whether it will be there`,
    { hint: 'ask again when it has ended; find out who keeps it open with { tx }', data: { keys } },
  );
}

/** The keys that such an error names; none of any other error. */
export function busyKeys(error: unknown): readonly string[] {
  return hasCode(error, 'KEY_BUSY') ? (error as OnejobError & { data: { keys: readonly string[] } }).data.keys : [];
}
