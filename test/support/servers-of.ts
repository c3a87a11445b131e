import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Where the servers are handed out: it names all of them, and needs none. */
const counter = join(import.meta.dirname, 'servers.ts');

/**
 * The servers that these test files may ask for: those whose `…Url` or `open…` of servers.ts they name, themselves or
 * in a file of test/ that they import. Better one too many than one too few.
 */
export async function serversOf(files: readonly string[], names: readonly string[]): Promise<string[]> {
  const seen = new Set<string>([counter]);
  const found = new Set<string>();
  const read = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = await readFile(file, 'utf8').catch(() => ''); // an import inside of a text leads nowhere
    for (const name of names) if (new RegExp(`\\b${name}Url\\b|\\bopen${name}`, 'i').test(text)) found.add(name);
    const imported = [...text.matchAll(/from '(\.[^']*\.ts)'/g)].map(([, path = '']) => resolve(dirname(file), path));
    await Promise.all(imported.filter((path) => !path.includes('/src/')).map(read));
  };
  await Promise.all(files.map(read));
  return names.filter((name) => found.has(name));
}
