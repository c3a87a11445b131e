import { OnejobError } from '../../job/errors.ts';

/**
 * Refuses texts that databases refuse or change: U+0000 and lone surrogates (protocol/journal#bad-values). Looks at every string inside
 * a call before it is sent, so that one bad value never meets the others of its transaction. Returns how many
 * characters of text it holds.
 *
 * @throws VALUE_REJECTED
 */
export function checkTexts(value: unknown): number {
  const length = lengthOf(value);
  if (length >= 0) return length;
  const { path, what } = findBadText(value, '') ?? { path: '', what: 'a character' };
  throw new OnejobError('VALUE_REJECTED', `the text at ${path.slice(1)} holds ${what}, which no database keeps`, {
    hint: 'send it as base64, or without that character',
  });
}

/** The number of characters; negative when one of the texts is bad. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0') ? value.length : -1;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return 0;
  let sum = 0;
  if (Array.isArray(value)) {
    for (const element of value) {
      const length = lengthOf(element);
      if (length < 0) return length;
      sum += length;
    }
    return sum;
  }
  for (const key in value) {
    const length = lengthOf((value as Record<string, unknown>)[key]);
    if (length < 0) return length;
    sum += length;
  }
  return sum;
}

interface BadText {
  readonly path: string;
  readonly what: string;
}

/** Finds the place of the bad text, for the message. It is slower than counting. */
function findBadText(value: unknown, path: string): BadText | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0')) return { path, what: 'U+0000' };
    return value.isWellFormed() ? undefined : { path, what: 'half of a surrogate pair' };
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const bad = findBadText(member, `${path}.${key}`);
    if (bad !== undefined) return bad;
  }
  return undefined;
}
