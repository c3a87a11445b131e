import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';

export interface LogFile {
  file: string;
  /** bytes on disk, packed if it is */
  size: number;
}

/**
 * The files that a path names, by name: itself, all below it when it is a folder (but hidden ones), or all that match
 * when it is a pattern (`logs/*.log`, `**`, `{a,b}`, `[0-9]`). None when there is nothing. A path that exists is taken
 * as it stands, even with a `[` in it.
 */
export async function findFiles(path: string): Promise<LogFile[]> {
  const found = await statOf(path);
  if (found !== undefined && !found.isDirectory()) return [{ file: path, size: found.size }];
  const files = found ? await filesBelow(path) : isDynamicPattern(path) ? await matching(path) : [];
  const sized = await Promise.all(files.toSorted().map(async (file) => ({ file, size: (await statOf(file))?.size })));
  return sized.filter((one): one is LogFile => one.size !== undefined); // a log may be rotated away meanwhile
}

/** As they were asked for, so that messages name them so: absolute ones for an absolute pattern. */
function matching(pattern: string): Promise<string[]> {
  return glob(pattern, { absolute: isAbsolute(pattern), ...ONE_LEVEL });
}

/** `logs/*` means the files in `logs`, not what is in its folders too. */
const ONE_LEVEL = { expandDirectories: false };

async function filesBelow(folder: string): Promise<string[]> {
  const names = await glob('**', { cwd: folder, ...ONE_LEVEL });
  return names.map((name) => join(folder, name));
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}
