import { findProject } from '../../app/config/project.ts';
import { version } from '../../app/version.ts';
import type { Call } from '../call.ts';

/** `onejob version`: of the project in this folder, of onejob and of Node (contract GJ-6). */
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
