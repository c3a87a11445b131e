import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headerOfText, oneLine, textOfHeader } from '../../../src/http/header-bytes.ts';

describe('headers', () => {
  test('EGO-27 hold any text as its UTF-8 bytes, one character a byte', () => {
    expect(headerOfText('张三')).toBe('\u00e5\u00bc\u00a0\u00e4\u00b8\u0089');
    expect(textOfHeader('\u00e5\u00bc\u00a0\u00e4\u00b8\u0089')).toBe('张三');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const header = headerOfText(text);
        expect([...header].every((character) => character.charCodeAt(0) < 256)).toBe(true);
        expect(textOfHeader(header)).toBe(text);
      }),
    );
  });

  test('EGO-27 that are no UTF-8 stay what they are', () => {
    expect(textOfHeader('caf\u00e9')).toBe('café');
    expect(textOfHeader('plain')).toBe('plain');
  });

  test('EGO-14 an error is one line without control characters, cut at a character', () => {
    expect(oneLine('a\r\nb\tc\u0000d\u0085e\u2028f', 100)).toBe('a  b c d e f');
    expect(oneLine('  spaced \n', 100)).toBe('spaced');
    expect(oneLine('张张张', 8)).toBe('张张');
    expect(oneLine('a😀', 4)).toBe('a');
    expect(oneLine('half \ud83d', 100)).toBe('half \ufffd');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), (text, maxBytes) => {
        const line = oneLine(text, maxBytes);
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxBytes);
        expect(line).not.toMatch(/\p{Cc}/u);
        expect(line.isWellFormed()).toBe(true);
      }),
    );
  });
});
