export { canonicalJson, digest } from './canonical-json.ts';
export { checkStorable, isCleanText } from './storable.ts';
export type { Json, NotStorable, Stored } from './stored.ts';

/** False for a text with half of a surrogate pair: no UTF-8 exists for it, and databases refuse it. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}
