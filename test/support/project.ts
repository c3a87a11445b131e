import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openFolder } from './folder.ts';

/** A folder with these files, by their path in it, outside of any package; gone when the test has ended. */
export async function createProject(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await openFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}
