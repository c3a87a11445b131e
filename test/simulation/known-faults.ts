/**
 * What is broken and known, by the sentences that tell of it: a history goes on after them. Nothing may stand here for
 * long; who mends a fault takes its line out.
 */
const known: readonly { readonly sentence: RegExp; readonly seeds: readonly number[] }[] = [];

export function isKnown(fault: string): boolean {
  return known.some(({ sentence }) => sentence.test(fault));
}
