import type { AnyJob } from '../job/define.ts';
import { Registry } from '../job/registry.ts';
import { discoverJobs } from '../plugins/discover.ts';
import type { JobFileProblem } from '../plugins/problem.ts';
import type { AppOptions } from './config/options.ts';

/** The jobs that commands and faces work with, here or on a server. */
export interface Jobs {
  /** Filled by `load`. */
  readonly registry: Registry;
  /** Files that gave no job; known after `load`. */
  readonly problems: readonly JobFileProblem[];
  /** Idempotent. @throws CONFIG_INVALID for two jobs of one name */
  load(): Promise<void>;
}

/** The jobs of an app: handed over, or found where its options say once somebody needs them. */
export class JobCatalog implements Jobs {
  readonly registry: Registry;
  readonly #jobs: () => AppOptions['jobs'];
  #problems: readonly JobFileProblem[] = [];
  #loaded: Promise<void> | undefined;

  constructor(jobs: () => AppOptions['jobs']) {
    this.#jobs = jobs;
    const handedOver = jobs();
    this.registry = new Registry(isJobList(handedOver) ? handedOver : []);
  }

  get problems(): readonly JobFileProblem[] {
    return this.#problems;
  }

  get isLoaded(): boolean {
    return this.#loaded !== undefined;
  }

  load(): Promise<void> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  /** All of them. @throws as `load` */
  async known(): Promise<Registry> {
    await this.load();
    return this.registry;
  }

  async #load(): Promise<void> {
    const jobs = this.#jobs();
    if (isJobList(jobs)) return;
    const found = await discoverJobs(jobs, process.cwd());
    this.#problems = found.problems;
    for (const job of found.jobs) this.registry.add(job);
  }
}

function isJobList(jobs: AppOptions['jobs']): jobs is readonly AnyJob[] {
  return Array.isArray(jobs);
}
