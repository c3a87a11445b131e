import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { version } from '../../app/version.ts';
import type { Call } from '../call.ts';

interface Project {
  readonly name: string;
  readonly version: string;
}

/** `onejob version`: of the project in this folder, of onejob and of Node (CONTRACTS GJ-6). */
export async function execute({ terminal }: Call): Promise<number> {
  const project = await findProject(process.cwd());
  if (terminal.json) {
    terminal.outJson({ v: 1, project, onejob: version, node: process.versions.node });
    return 0;
  }
  const lines = [`onejob ${version}`, `node ${process.versions.node}`];
  if (project) lines.unshift(`${project.name} ${project.version}`.trim());
  terminal.out(`${lines.join('\n')}\n`);
  return 0;
}

/** The nearest package.json that has a name, unless it is onejob's own. */
async function findProject(folder: string): Promise<Project | null> {
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
