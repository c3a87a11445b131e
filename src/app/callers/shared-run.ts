import type { Run, RunId } from '../../job/run.ts';
import { Abort } from '../../std/abort.ts';
import { createDeferred } from '../../std/deferred.ts';

/** One run, and who waits for it here. */
export class SharedRun {
  readonly id: RunId;
  readonly ended = createDeferred<Run>();
  /** Ends the waiting for others. */
  readonly waiting = new Abort();
  callers = 0;
  /** The run goes on when nobody waits any more. */
  stays = false;
  /** This process asked for it, or for its present attempt. */
  isOurs = false;

  constructor(id: RunId) {
    this.id = id;
    this.ended.promise.catch(() => undefined);
  }
}

/** Whether a caller is still there. */
export interface Presence {
  readonly hasGone: boolean;
  /** Calls when it goes away; returns the way to stop that. */
  readonly onGone: (listener: () => void) => () => void;
}
