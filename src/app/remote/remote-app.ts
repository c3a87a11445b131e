import { OnejobError } from '../../job/errors.ts';
import { Registry } from '../../job/registry.ts';
import { systemClock } from '../../std/clock.ts';
import type { CommandApp } from '../command-app.ts';
import type { Jobs } from '../job-catalog.ts';
import type { EnqueuedRun, ExecuteRequest } from '../execute.ts';
import type { JobView } from '../views/json-views.ts';
import { enqueueOn, type Wished } from './enqueue-on.ts';
import { HttpClient } from './http-client.ts';
import { jobOfView } from './read-views.ts';
import { ServerLink, type ServerAddress } from './server-link.ts';

/** An app that works elsewhere: its jobs, with what they take, and its runs. */
export class RemoteApp implements CommandApp {
  readonly client: HttpClient;
  readonly jobs: Jobs;
  readonly config = { options: {} };
  readonly #link: ServerLink;

  /** @throws CONFIG_INVALID for an address that is none */
  constructor(address: ServerAddress) {
    this.#link = new ServerLink(address);
    this.client = new HttpClient({ link: this.#link, clock: systemClock });
    this.jobs = new RemoteJobs(this.#link);
  }

  async enqueue(requests: readonly ExecuteRequest[]): Promise<EnqueuedRun[]> {
    const stored = await enqueueOn(this.#link, requests.map(wishOf));
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

/** A body of a command line is text; bytes that are none have no place in the JSON of the API. */
function wishOf({ body, ...request }: ExecuteRequest): Wished {
  return { ...request, ...(body !== undefined && { body: typeof body === 'string' ? body : decodeText(body) }) };
}

/** @throws USAGE */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new OnejobError('USAGE', 'the body is not UTF-8 text, and cannot be sent to a server so');
  }
}
