import type { Clock } from '../../std/clock.ts';
import type { Client } from '../client/client.ts';
import { createRemoteActions } from './remote-actions.ts';
import { createRemoteLists } from './remote-lists.ts';
import { createRemoteOverview } from './remote-overview.ts';
import { createRemotePauses } from './remote-pauses.ts';
import { createRemoteReader } from './remote-reader.ts';
import { createRemoteRequests } from './remote-requests.ts';
import type { ServerLink } from './server-link.ts';

/** A client of a server. What the server refuses is thrown as what it was there. */
export function createHttpClient({ link, clock }: { link: ServerLink; clock: Clock }): Client {
  const reader = createRemoteReader(link, clock);
  const actions = createRemoteActions(link);
  return {
    ...createRemoteRequests(link, { wait: reader.wait, cancel: actions.cancel }),
    ...reader,
    ...createRemoteLists(link, reader.get),
    ...actions,
    ...createRemotePauses(link, clock),
    ...createRemoteOverview(link),
    close: () => Promise.resolve(), // nothing is open
  };
}
