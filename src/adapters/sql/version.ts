/**
 * Order of two versions of an app: their numbers one by one, a missing one as 0, whatever else they hold as text; a
 * pre-release (`1.2.0-rc.1`) is older than its release. Negative when `a` is older.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  const numbers = compareLists(left.numbers, right.numbers, 0);
  if (numbers !== 0) return numbers;
  if (left.rest.length === 0 || right.rest.length === 0) return right.rest.length - left.rest.length;
  return compareLists(left.rest, right.rest, -1);
}

function parts(version: string): { numbers: number[]; rest: (string | number)[] } {
  const [core = '', ...tail] = version.replace(/^v/, '').replace(/\+.*$/, '').split('-');
  const split = (text: string) => text.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const words = split(core);
  const end = words.findIndex((word) => typeof word === 'string' && word !== '');
  const numbers = (end === -1 ? words : words.slice(0, end)).map((word) => (typeof word === 'number' ? word : 0));
  const rest = end === -1 ? [] : words.slice(end);
  return { numbers, rest: tail.length === 0 ? rest : [...rest, ...split(tail.join('-'))] };
}

/** Numbers sort before words, as in semver. */
function compareLists(a: readonly (string | number)[], b: readonly (string | number)[], missing: number): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [left, right] = [a[i] ?? missing, b[i] ?? missing];
    if (left === right) continue;
    if (typeof left === typeof right) return left < right ? -1 : 1;
    return typeof left === 'number' ? -1 : 1;
  }
  return 0;
}
