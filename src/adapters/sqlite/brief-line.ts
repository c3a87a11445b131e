import { openInPlace, openOnThread, type Line, type Place, type ThreadLine } from './line.ts';

/**
 * The way to the writer of a process that may end in a moment, as most commands do. A thread takes 30 ms to start, so
 * the writer is in place at first. Only a worker that enrols has to beat although its main loop stands still (STORE
 * §3.1): for it a thread is opened, which takes over once it is up, and which a short run does not wait for.
 */
export async function openBriefly(place: Place): Promise<Line> {
  const here = await openInPlace({ ...place, now: Date.now });
  let thread: ThreadLine | undefined;
  let there: ThreadLine | undefined;
  let leftHere: Promise<void> | undefined;
  const open = (): ThreadLine => {
    const opened = openOnThread(place);
    opened.onUp(() => {
      there = opened;
      // Calls that wait here for a lock are answered here.
      leftHere ??= here.close();
    });
    return opened;
  };
  return {
    call: (call) => (there ?? here).call(call),
    beats: true,
    beatFor(worker, everyMs) {
      thread ??= open();
      thread.beatFor(worker, everyMs);
    },
    async close() {
      await (leftHere ??= here.close());
      if (there) await there.close();
      else thread?.abandon();
    },
  };
}
