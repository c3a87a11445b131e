import { OnejobError } from './errors.ts';

/** kebab-case or PascalCase; digits allowed inside (DESIGN §8). */
const shape = /^(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)*|[A-Z][A-Za-z0-9]*)$/;

/** @throws CONFIG_INVALID naming the place of the definition (CONTRACTS EGO-24) */
export function checkJobName(name: string, place: string): void {
  if (shape.test(name) && name.length <= 100) return;
  const what = name === '' ? 'a job with an empty name' : `the job name ${JSON.stringify(name)}`;
  throw new OnejobError('CONFIG_INVALID', `${what} at ${place} cannot be used`, {
    hint: 'a name is kebab-case or PascalCase, such as send-report or SendReport, of at most 100 characters',
  });
}

/** `HelloWorld`, `hello-world` and `HelloWorldJob` have one folded form. */
export function foldName(name: string): string {
  const folded = name.toLowerCase().replaceAll(/[-_]/g, '');
  return folded.length > 3 && folded.endsWith('job') ? folded.slice(0, -3) : folded;
}

/** The known name nearest to a mistyped one, or undefined when none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein with adjacent transpositions; stops at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
