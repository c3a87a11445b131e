import { OnejobError } from '../../job/errors.ts';

/**
 * A batch as the one JSON parameter of a function, or null where it is empty. Members that are undefined are left out:
 * functions read them as null.
 *
 * @throws VALUE_REJECTED for a text that PostgreSQL cannot hold, before anything is sent
 */
export function bundle(items: readonly unknown[]): string | null {
  if (items.length === 0) return null;
  const text = JSON.stringify(items);
  if (holdsUnstorable(text)) {
    throw new OnejobError('VALUE_REJECTED', 'a text with U+0000 or half a surrogate pair cannot be stored', {
      hint: 'send it encoded, for example as base64',
    });
  }
  return text;
}

/** A question about a text that cannot be in the database has an answer without asking. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/**
 * JSON.stringify writes U+0000 and lone surrogates as escapes, and no other surrogate. The same mailbox items in a text that
 * is JSON itself stand behind a second backslash and are harmless. The two searches cost next to nothing.
 */
function holdsUnstorable(json: string): boolean {
  if (!json.includes(String.raw`\u0000`) && !json.includes(String.raw`\ud`)) return false;
  for (const [, backslashes = ''] of json.matchAll(/(\\+)u(?:0000|d[89a-f][0-9a-f]{2})/g)) {
    if (backslashes.length % 2 === 1) return true;
  }
  return false;
}
