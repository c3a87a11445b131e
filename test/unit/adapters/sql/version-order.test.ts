import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { versionOrder } from '../../../../src/adapters/sql/version-order.ts';
import { compareVersions } from '../../../../src/adapters/sql/version.ts';

const number = fc.nat({ max: 12 }).map(String);
const word = fc.constantFrom('alpha', 'beta', 'rc', 'rc1', 'x');
const version = fc
  .tuple(
    fc.constantFrom('', 'v'),
    fc.array(number, { minLength: 1, maxLength: 4 }),
    fc.option(fc.array(fc.oneof(number, word), { minLength: 1, maxLength: 3 })),
    fc.constantFrom('', '+build.7'),
  )
  .map(([v, core, rest, build]) => `${v}${core.join('.')}${rest === null ? '' : `-${rest.join('.')}`}${build}`);

describe('a version as text', () => {
  test('sorts by its bytes as versions do', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const order = Buffer.compare(Buffer.from(versionOrder(a)), Buffer.from(versionOrder(b)));
        expect(Math.sign(order), `${a} and ${b}`).toBe(Math.sign(compareVersions(a, b)));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['1.9.0', '1.10.0'],
    ['1.0.0-rc.1', '1.0.0'],
    ['1', '1.0.1'],
    ['2.0.0-alpha', '2.0.0-alpha.1'],
    ['dev', '0.0.1'],
  ])('%s comes before %s', (a, b) => {
    expect(versionOrder(a) < versionOrder(b)).toBe(true);
    expect(compareVersions(a, b)).toBeLessThan(0);
  });
});
