/**
 * A version as text whose byte order is the order of versions (`compareVersions` in adapters/sql): so the database can
 * compare them in the statement that writes. A test holds the two together.
 */
export function versionOrder(version: string): string {
  const [core = '', ...tail] = version.replace(/^v/, '').replace(/\+.*$/, '').split('-');
  const words = core.split('.');
  const firstWord = words.findIndex((word) => word !== '' && !isNumber(word));
  const numbers = (firstWord === -1 ? words : words.slice(0, firstWord)).map((word) => Number(word));
  while (numbers.at(-1) === 0) numbers.pop();
  const rest = firstWord === -1 ? [] : words.slice(firstWord);
  if (tail.length > 0) rest.push(...tail.join('-').split('.'));
  // A space sorts before a full stop, so 1 comes before 1.0.2; '~' is a release and comes after all pre-releases.
  return `${numbers.map(padded).join('.')} ${rest.length === 0 ? '~' : `-${rest.map(ordered).join(' ')}`}`;
}

function isNumber(word: string): boolean {
  return /^\d+$/.test(word);
}

function padded(number: number): string {
  return String(number).padStart(16, '0');
}

/** Numbers sort before words, as in semver. */
function ordered(word: string): string {
  return isNumber(word) ? `0${padded(Number(word))}` : `1${word}`;
}
