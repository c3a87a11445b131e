import type { AnyJob } from './define.ts';
import { OnejobError } from './errors.ts';
import { checkJobName, foldName, nearest } from './name.ts';

/** The jobs that a process knows, by name. It tells its listeners when a job comes, changes or goes. */
export class Registry {
  readonly #jobs = new Map<string, AnyJob>();
  readonly #folded = new Map<string, string>();
  readonly #listeners = new Set<() => void>();

  constructor(jobs: Iterable<AnyJob> = []) {
    for (const job of jobs) this.add(job);
  }

  /** @throws CONFIG_INVALID naming both places when the name, folded, is taken (contract EGO-24) */
  add(job: AnyJob): void {
    checkJobName(job.name, job.place);
    const taken = this.#folded.get(foldName(job.name));
    const other = taken === undefined ? undefined : this.#jobs.get(taken);
    if (other) {
      const alike =
        other.name === job.name ? '' : ' (names that differ only in case, hyphens or the ending Job are one)';
      throw new OnejobError(
        'CONFIG_INVALID',
        `two jobs are called ${job.name}: ${other.place} and ${job.place}${alike}`,
        {
          hint: 'give one of them another name',
        },
      );
    }
    this.#jobs.set(job.name, job);
    this.#folded.set(foldName(job.name), job.name);
    this.#changed();
  }

  remove(name: string): void {
    if (!this.#jobs.delete(name)) return;
    this.#folded.delete(foldName(name));
    this.#changed();
  }

  /** The job of exactly this name, or of the one name that is alike; undefined when there is none. */
  find(name: string): AnyJob | undefined {
    return this.#jobs.get(name) ?? this.#jobs.get(this.#folded.get(foldName(name)) ?? '');
  }

  /** @throws JOB_UNKNOWN with the nearest name and the list of all (contract EGO-3) */
  get(name: string): AnyJob {
    const job = this.find(name);
    if (job) return job;
    const near = nearest(name, this.#jobs.keys());
    const list = this.names().join(', ') || 'none';
    throw new OnejobError('JOB_UNKNOWN', `no job is called ${name}${near ? `; did you mean ${near}?` : ''}`, {
      hint: `known jobs: ${list}`,
      data: { name, nearest: near ?? null, known: this.names() },
    });
  }

  names(): string[] {
    return [...this.#jobs.keys()].toSorted();
  }

  all(): AnyJob[] {
    return [...this.#jobs.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Calls `listener` after each change; returns the way to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
