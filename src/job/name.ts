import { editDistance } from '../std/edit-distance.ts';
import { OnejobError } from './errors.ts';

/** kebab-case or PascalCase; digits allowed inside. */
const shape = /^(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)*|[A-Z][A-Za-z0-9]*)$/;

/** @throws CONFIG_INVALID naming the place of the definition (contract EGO-24) */
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
  const candidates = [...known].map((candidate) => ({ candidate, edits: editDistance(name, candidate) }));
  const best = candidates.toSorted((a, b) => a.edits - b.edits)[0]?.candidate;
  if (best === undefined) return undefined;
  // Two letters that are swapped, the most common mistake, are two edits: stroe for store.
  const near = name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3));
  return editDistance(name.toLowerCase(), best.toLowerCase()) <= near ? best : undefined;
}
