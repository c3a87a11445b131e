import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bundle } from '../../../../src/adapters/postgres/bundle.ts';

function isTaken(value: unknown): boolean {
  try {
    return bundle([value]) !== null;
  } catch {
    return false;
  }
}

describe('a batch for PostgreSQL', () => {
  test('takes exactly the texts that PostgreSQL can hold, however deep', () => {
    const piece = fc.constantFrom('a', '\\', '\\u0000', '\\ud800', 'u0000', '"', '\0', '\ud800', '\udc00', '🙂', '世');
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (value) => {
        const isStorable = value.isWellFormed() && !value.includes('\0');
        expect(isTaken({ output: value, error: { message: [value] } })).toBe(isStorable);
        expect(isTaken({ output: JSON.stringify(value) })).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('that is empty is no parameter at all', () => {
    expect(bundle([])).toBe(null);
  });
});
