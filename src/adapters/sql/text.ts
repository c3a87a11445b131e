import { OnejobError } from '../../job/errors.ts';

/**
 * Refuses texts that databases refuse or change: U+0000 and lone surrogates (STORE §1.6). Looks at every string inside
 * a call before it is sent, so that one bad value never meets the others of its transaction.
 *
 * @throws VALUE_REJECTED
 */
export function checkTexts(value: unknown): void {
  const bad = findBadText(value, '');
  if (bad === undefined) return;
  throw new OnejobError(
    'VALUE_REJECTED',
    `the text at ${bad.path.slice(1)} holds ${bad.what}, which no database keeps`,
    {
      hint: 'send it as base64, or without that character',
    },
  );
}

interface BadText {
  readonly path: string;
  readonly what: string;
}

function findBadText(value: unknown, path: string): BadText | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0')) return { path, what: 'U+0000' };
    return value.isWellFormed() ? undefined : { path, what: 'half of a surrogate pair' };
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const bad = findBadText(value[i], '');
      if (bad) return { ...bad, path: `${path}.${i}${bad.path}` };
    }
    return undefined;
  }
  for (const key in value) {
    const bad = findBadText((value as Record<string, unknown>)[key], '');
    if (bad) return { ...bad, path: `${path}.${key}${bad.path}` };
  }
  return undefined;
}
