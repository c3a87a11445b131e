import type { AnyJob } from '../job/define.ts';
import { Registry } from '../job/registry.ts';
import { discoverJobs } from '../plugins/discover.ts';
import type { JobFileProblem } from '../plugins/problem.ts';
import type { AppOptions } from './options.ts';

/** The jobs of an app: handed over, or found where its options say once somebody needs them. */
export class JobCatalog {
  readonly registry: Registry;
  #problems: readonly JobFileProblem[] = [];
  #loaded: Promise<void> | undefined;

  constructor(jobs: AppOptions['jobs']) {
    this.registry = new Registry(isJobList(jobs) ? jobs : []);
  }

  /** Files that gave no job. */
  get problems(): readonly JobFileProblem[] {
    return this.#problems;
  }

  get isLoaded(): boolean {
    return this.#loaded !== undefined;
  }

  /** Idempotent. @throws CONFIG_INVALID for two jobs of one name */
  load(jobs: AppOptions['jobs']): Promise<void> {
    this.#loaded ??= this.#load(jobs);
    return this.#loaded;
  }

  /** All of them. @throws as `load` */
  async known(jobs: AppOptions['jobs']): Promise<Registry> {
    await this.load(jobs);
    return this.registry;
  }

  async #load(jobs: AppOptions['jobs']): Promise<void> {
    if (isJobList(jobs)) return;
    const found = await discoverJobs(jobs, process.cwd());
    this.#problems = found.problems;
    for (const job of found.jobs) this.registry.add(job);
  }
}

function isJobList(jobs: AppOptions['jobs']): jobs is readonly AnyJob[] {
  return Array.isArray(jobs);
}
