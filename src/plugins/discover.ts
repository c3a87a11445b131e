import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isJob, named, type AnyJob } from '../job/define.ts';
import { isOnejobError } from '../job/errors.ts';
import { findJobFiles } from './find-files.ts';
import { loadModule } from './load.ts';
import { problemOf, type JobFileProblem } from './problem.ts';

export interface Discovered {
  readonly jobs: AnyJob[];
  /** Files that gave no job; the others work (contract GJ-1). */
  readonly problems: JobFileProblem[];
}

/** Where jobs are looked for when nobody says where. */
const defaultPlace = 'jobs';

/**
 * Loads the jobs of a folder, a file or a pattern, relative to `root`. Left out, it is the folder `jobs`, which need
 * not be there.
 *
 * @throws CONFIG_INVALID when a place that was named is not there
 */
export async function discoverJobs(place: string | undefined, root: string): Promise<Discovered> {
  const files = await filesOf(place, root);
  const [first] = files;
  const cacheDir = join((first && projectOf(first)) ?? root, '.onejob', 'cache');
  const jobs: AnyJob[] = [];
  const problems: JobFileProblem[] = [];
  // One after the other: files that import the same module through jiti at the same time may see it half loaded.
  for (const file of files) {
    const module = await loadModule(file, { cacheDir }).catch((error: unknown) => {
      problems.push(problemOf(file, error));
    });
    try {
      if (module) jobs.push(...jobsOf(module, file));
    } catch (error) {
      problems.push({ file, line: null, column: null, message: (error as Error).message });
    }
  }
  return { jobs, problems };
}

async function filesOf(place: string | undefined, root: string): Promise<string[]> {
  try {
    return await findJobFiles(place ?? defaultPlace, root);
  } catch (error) {
    if (place === undefined && isOnejobError(error)) return [];
    throw error;
  }
}

/** The folder above a file that is a project: called from somewhere below, a command leaves no cache there. */
function projectOf(file: string): string | undefined {
  for (let folder = dirname(file); dirname(folder) !== folder; folder = dirname(folder)) {
    if (['.onejob', 'package.json'].some((name) => existsSync(join(folder, name)))) return folder;
  }
  return undefined;
}

/** The default export, a list of jobs in it, and named exports; a job without a name is called like its file. */
function jobsOf(module: Record<string, unknown>, file: string): AnyJob[] {
  const values = [module['default'], ...Object.values(module)];
  const jobs = [...new Set(values.flat().filter(isJob))];
  if (jobs.length === 0) {
    throw new Error('no job in it: export default defineJob({ … })');
  }
  return jobs.map((job) => (job.name === '' ? named(job, fileName(file), job.place) : job));
}

/** `hello-world` of `jobs/hello-world.job.ts`. */
function fileName(file: string): string {
  return basename(file).replace(/(?:\.job)?\.[^.]+$/, '');
}
