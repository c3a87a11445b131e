/**
 * What is broken and known, by the sentences that tell of it: a history goes on after them. Nothing may stand here for
 * long; who mends a fault takes its line out.
 */
const known: readonly { readonly sentence: RegExp; readonly seeds: readonly number[] }[] = [
  // A cancel that was sent is forgotten by the next attempt.
  { sentence: /is cancelled, and begins once more$/, seeds: [4, 67] },
  { sentence: /is cancelled and does not end$/, seeds: [2, 9] },
  // Pruning deletes a run whose callback has not been called yet.
  { sentence: /is not called back$/, seeds: [14, 1068] },
];

export function isKnown(fault: string): boolean {
  return known.some(({ sentence }) => sentence.test(fault));
}
