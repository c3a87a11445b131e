import type { WorkerRegistration } from '../../../ports/store-worker.ts';
import { systemClock, type Timer } from '../../../std/clock.ts';
import type { Place } from '../file/file-identity.ts';
import { openInPlace, openOnThread, type WriterChannel, type ThreadChannel } from './writer-channel.ts';

/**
 * The way to the writer of a process that may end in a moment, as most commands do: in place, for a thread takes 30 ms
 * of processor to start. A worker that is still there after a moment gets one, which heartbeats although the main loop
 * stands still (protocol/liveness#heartbeats), and which all later calls go to.
 */
export async function openBriefly(place: Place): Promise<WriterChannel> {
  const here = await openInPlace({ ...place, now: Date.now });
  const workers: WorkerRegistration[] = [];
  let timer: Timer | undefined;
  let thread: ThreadChannel | undefined;
  let there: ThreadChannel | undefined;
  let left: Promise<void> | undefined;

  const moveToThread = (): void => {
    const channel = openOnThread(place);
    thread = channel;
    for (const worker of workers) channel.heartbeatFor(worker);
    channel.onUp(() => {
      there = channel;
      left ??= here.close(); // once those calls are answered that wait there for a lock
    });
  };
  return {
    call: (call) => (there ?? here).call(call),
    heartbeats: true,
    heartbeatFor(worker) {
      workers.push(worker);
      if (thread) thread.heartbeatFor(worker);
      else if (canBeSeen(worker)) timer ??= startTimer(moveToThread);
      else moveToThread();
    },
    async close() {
      timer?.cancel();
      await (left ??= here.close());
      await thread?.close();
    },
  };
}

/** Until its first heartbeat others judge a worker by its process (engine/rescuer.ts), where the system shows which it is. */
function canBeSeen({ identity }: WorkerRegistration): boolean {
  return identity.pidStart !== '';
}

function startTimer(fn: () => void): Timer {
  const timer = systemClock.setTimer(threadAfterMs, fn);
  timer.unref?.();
  return timer;
}

const threadAfterMs = 100;
