/**
 * The end of a process waits until the writer's thread stands outside of SQLite. Node ends threads wherever they are,
 * and inside of the driver for Node 20 that aborts the process (tried: four of five that ended by an uncaught error
 * under load died of SIGABRT, exit code 134 instead of 1).
 */
export interface ExitGate {
  /** What the thread needs to keep it. */
  readonly shared: SharedArrayBuffer;
  /** The thread has ended by itself. */
  remove(): void;
}

export function openExitGate(): ExitGate {
  const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  const state = new Int32Array(shared);
  if (gates.size === 0) process.on('exit', closeAll);
  gates.add(state);
  return {
    shared,
    remove() {
      gates.delete(state);
      if (gates.size === 0) process.off('exit', closeAll);
    },
  };
}

/** One listener for all: a process may have many stores open, and Node warns of the eleventh. */
const gates = new Set<Int32Array>();

function closeAll(): void {
  for (const state of gates) Atomics.store(state, closed, 1);
  for (const state of gates) Atomics.wait(state, inside, 1, patienceMs);
}

/** In the thread: `pass` does the work, unless the process is ending. */
export function exitGateKeeper(shared: SharedArrayBuffer): { pass(work: () => void): void } {
  const state = new Int32Array(shared);
  return {
    pass(work) {
      Atomics.store(state, inside, 1);
      try {
        if (Atomics.load(state, closed) === 0) work();
      } finally {
        Atomics.store(state, inside, 0);
        Atomics.notify(state, inside);
      }
    },
  };
}

const inside = 0;
const closed = 1;

/** A disk that does not answer must not hold the end of the process. */
const patienceMs = 1_000;
