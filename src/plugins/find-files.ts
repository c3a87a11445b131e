import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { OnejobError } from '../job/errors.ts';
import { moduleEndings } from './load.ts';
import { isPattern, patternToRegExp, splitPattern } from './pattern.ts';

/**
 * The files that a place stands for, sorted: of a folder its `*.job.*` files at any depth, a file itself, of a pattern
 * what it matches. Not looked at: `node_modules`, names with a leading dot, tests, types, editors' backups.
 *
 * @throws CONFIG_INVALID when the place is not there, or when a pattern matches nothing
 */
export async function findJobFiles(place: string, root: string): Promise<string[]> {
  const path = resolve(root, place);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return (await walk(path)).filter((file) => jobFile.test(file) && isModule(file)).toSorted();
  if (found) {
    if (isModule(path)) return [path];
    throw new OnejobError(
      'CONFIG_INVALID',
      `${place} is not a job file: it ends with none of ${moduleEndings.join(' ')}`,
    );
  }
  if (isPattern(place)) return await matchPattern(place, root);
  throw new OnejobError('CONFIG_INVALID', `there is no folder or file ${path} to read jobs from`, {
    hint: 'name a folder, a file, or a pattern in quotes such as "src/**/*.job.ts"',
  });
}

const jobFile = /\.job\.(?:ts|mts|js|mjs)$/;

async function matchPattern(place: string, root: string): Promise<string[]> {
  // Below the root the pattern is what stands after it: a folder further up may be called `{old}`.
  const inside = relative(root, resolve(root, place));
  const path = inside.startsWith('..') ? resolve(root, place) : inside;
  const { base, rest } = splitPattern(path.split(sep).join('/'));
  const from = resolve(root, base);
  const matches = patternToRegExp(rest);
  const files = (await walk(from)).filter((file) => {
    const path = relative(from, file).split(sep).join('/');
    return isModule(file) && matches.test(path);
  });
  if (files.length > 0) return files.toSorted();
  throw new OnejobError('CONFIG_INVALID', `no file matches ${place} in ${root}`, {
    hint: 'a pattern stands in quotes, or the shell takes its stars: --jobs "src/**/*.job.ts"',
  });
}

/** All files below a folder; linked folders are followed, each once. */
async function walk(folder: string, seen = new Set<string>()): Promise<string[]> {
  const real = await realpath(folder).catch(() => folder);
  if (seen.has(real)) return [];
  seen.add(real);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
      const path = join(folder, entry.name);
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (kind?.isDirectory()) return await walk(path, seen);
      return kind?.isFile() ? [path] : [];
    }),
  );
  return found.flat();
}

function isModule(file: string): boolean {
  return moduleEndings.some((ending) => file.endsWith(ending)) && !/\.(?:test|spec)\.|\.d\.m?ts$/.test(basename(file));
}
