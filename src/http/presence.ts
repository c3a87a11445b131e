import type { Presence } from '../app/callers/shared-run.ts';
import type { NodeSide } from './environment.ts';

/**
 * Whether the one who asked is still there. Where our own server took the request, its connection says so: an
 * `AbortSignal` says the same and costs more than all else that waits for a short run.
 */
export function presenceOf(request: Request, { outgoing }: Partial<NodeSide>): Presence {
  if (outgoing === undefined) return presenceBySignal(request.signal);
  return {
    get hasGone() {
      return outgoing.destroyed && !outgoing.writableFinished;
    },
    onGone(listener) {
      const closed = (): void => {
        if (!outgoing.writableFinished) listener();
      };
      outgoing.on('close', closed);
      return () => outgoing.off('close', closed);
    },
  };
}

function presenceBySignal(signal: AbortSignal): Presence {
  return {
    get hasGone() {
      return signal.aborted;
    },
    onGone(listener) {
      signal.addEventListener('abort', listener);
      return () => signal.removeEventListener('abort', listener);
    },
  };
}
