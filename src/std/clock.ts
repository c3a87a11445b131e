/** A pending call of `setTimer`. Both methods may be called at any time, also after it has fired. */
export interface Timer {
  cancel(): void;
  /** Lets the process end although the timer is pending. Absent on clocks that hold no process. */
  unref?(): void;
}

/** All that code may know of time. Code takes a `Clock` so that tests can move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. May jump in both directions: never measure or judge liveness with it (protocol/liveness#two-clocks). */
  now(): number;
  /** Milliseconds since some fixed instant, with fractions. Never goes back. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with `signal.reason` as soon as the signal aborts. Throws RangeError for NaN. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `ms` (0 or less: in the next turn of the event loop; Infinity: never). Throws RangeError for NaN. */
  setTimer(ms: number, fn: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, signal),
  setTimer: (ms, fn) => setTimer(ms, fn),
};

/** `setTimeout` keeps the delay in 32 bits and fires at once for more; a longer delay is a chain of such timers. */
const LONGEST_MS = 2 ** 31 - 1;

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal === undefined) {
      setTimer(ms, resolve);
      return;
    }
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    const timer = setTimer(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function setTimer(ms: number, fn: () => void): Timer {
  if (Number.isNaN(ms)) throw new RangeError('a delay in milliseconds is a number, not NaN');
  let leftMs = Math.ceil(ms); // setTimeout cuts fractions off and would fire early
  let held = true;
  let timeout: NodeJS.Timeout;
  const arm = () => {
    const partMs = Math.min(leftMs, LONGEST_MS);
    leftMs -= partMs;
    timeout = setTimeout(leftMs > 0 ? arm : fn, partMs);
    if (!held) timeout.unref();
  };
  arm();
  return {
    cancel: () => clearTimeout(timeout),
    unref() {
      held = false;
      timeout.unref();
    },
  };
}
