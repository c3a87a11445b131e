import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The package that a folder belongs to. */
export interface Project {
  readonly name: string;
  readonly version: string;
}

/** The nearest package.json that has a name, unless it is onejob's own. */
export async function findProject(folder: string): Promise<Project | null> {
  const manifest = await readManifest(join(folder, 'package.json'));
  if (manifest?.name === 'onejob') return null;
  if (manifest) return manifest;
  const parent = dirname(folder);
  return parent === folder ? null : findProject(parent);
}

async function readManifest(file: string): Promise<Project | null> {
  try {
    const { name, version } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    return typeof name === 'string' ? { name, version: typeof version === 'string' ? version : '' } : null;
  } catch {
    return null;
  }
}
