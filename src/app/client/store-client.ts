import type { Client } from './client.ts';
import { createOverview, type Overview } from './overview.ts';
import { createPauses } from './pauses.ts';
import { createRunActions } from './run-actions.ts';
import { createRunLists, type RunLists } from './run-lists.ts';
import { createRunRequests, type RunRequests } from './run-requests.ts';
import type { StoreClientOptions } from './store-client-options.ts';
import type { RunChangeHub } from '../backend/run-change-hub.ts';
import { createRunReader, type RunReader } from './run-reader.ts';

/** A client of a store: what every client does, and what only its own process can do with it. */
export interface StoreClient extends Client, Pick<RunRequests, 'request'>, Pick<RunLists, 'getWhole'> {
  pages: RunReader['pages'];
  /** Tells what happens to runs, for those who show it. */
  readonly changeHub: RunChangeHub;
  workers: Overview['workers'];
  /** A client that acts for somebody else: the store keeps that name with each action. */
  as(actor: string): StoreClient;
  /** A client of the same app that reaches the store in another way. */
  on(backend: StoreClientOptions['backend']): StoreClient;
}

export function createStoreClient(options: StoreClientOptions): StoreClient {
  const { backend, registry, clock, changeHub, intake, meter, maxBytes, close } = options;
  const store = async () => (await backend()).store;
  const { get, find, wait, lines, pages } = createRunReader({ store, clock, changeHub });
  const { getMany, getWhole, list } = createRunLists(store);
  const { pauses, workers, stats, explain } = createOverview({ backend, clock }, find);

  /** One is made for each request over HTTP, so what does not depend on who asks is shared. */
  function clientOf(actor: string): StoreClient {
    const { cancel, send, retry, restart } = createRunActions({ backend, registry, meter, actor, maxBytes, find });
    const { enqueue, enqueueMany, request } = createRunRequests(intake, { wait, cancel });
    const { pause, resume } = createPauses({ backend, clock, actor });
    const on: StoreClient['on'] = (other) => createStoreClient({ ...options, actor, backend: other });
    // Not by spreading the parts, which takes some fifty microseconds.
    return {
      enqueue,
      enqueueMany,
      request,
      get,
      find,
      wait,
      lines,
      pages,
      getMany,
      getWhole,
      list,
      cancel,
      send,
      retry,
      restart,
      pause,
      resume,
      pauses,
      workers,
      stats,
      explain,
      changeHub,
      as: clientOf,
      on,
      close,
    };
  }

  return clientOf(options.actor);
}
