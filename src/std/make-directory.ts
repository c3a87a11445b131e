import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a directory and those above it, as `mkdirSync` with `recursive` does; but that one never returns for a path
 * below /proc (tried: Node 20 and 24).
 *
 * @throws what Node throws: EEXIST where a file has that name, ENOTDIR below a file, EACCES, EROFS, ENOENT below /proc
 */
export function makeDirectory(path: string): void {
  if (isDirectory(path)) return;
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && isDirectory(path)) return; // another process was faster
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectory(dirname(path));
    makeLast(path);
  }
}

function makeLast(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
