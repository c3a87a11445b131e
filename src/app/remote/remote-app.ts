import type { RunRequest } from '../../intake/run-request.ts';
import { Registry } from '../../job/registry.ts';
import { systemClock } from '../../std/clock.ts';
import type { Client } from '../client/client.ts';
import type { CommandApp } from '../command-app.ts';
import type { Jobs } from '../job-catalog.ts';
import type { EnqueuedRun } from '../execute.ts';
import type { JobView } from '../views/json-views.ts';
import { enqueueOn } from './enqueue-on.ts';
import { createHttpClient } from './http-client.ts';
import { jobOfView } from './read-views.ts';
import { ServerLink, type ServerAddress } from './server-link.ts';

/** An app that works elsewhere: its jobs, with what they take, and its runs. */
export class RemoteApp implements CommandApp {
  readonly client: Client;
  readonly jobs: Jobs;
  readonly config = { options: {} };
  readonly #link: ServerLink;

  /** @throws CONFIG_INVALID for an address that is none */
  constructor(address: ServerAddress) {
    this.#link = new ServerLink(address);
    this.client = createHttpClient({ link: this.#link, clock: systemClock });
    this.jobs = new RemoteJobs(this.#link);
  }

  async enqueue(requests: readonly RunRequest[]): Promise<EnqueuedRun[]> {
    const stored = await enqueueOn(this.#link, requests);
    return Promise.all(stored.map(async ({ id, created }) => ({ run: await this.client.find(id), created })));
  }

  /** Nothing is open. */
  stop(): Promise<void> {
    return Promise.resolve();
  }
}

class RemoteJobs implements Jobs {
  readonly registry = new Registry();
  readonly problems = [];
  readonly #link: ServerLink;
  #loaded: Promise<void> | undefined;

  constructor(link: ServerLink) {
    this.#link = link;
  }

  load(): Promise<void> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  async #load(): Promise<void> {
    const { items } = await this.#link.act<{ items: readonly JobView[] }>('GET', '/jobs');
    for (const view of items) this.registry.add(jobOfView(view));
  }
}
