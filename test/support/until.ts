import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until `read` gives something true; fails with `what` after `withinMs`, which a busy machine may well need. */
export async function until<T>(
  what: string,
  read: () => T | Promise<T>,
  withinMs = 30_000,
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + withinMs;
  for (;;) {
    const value = await read();
    if (value) return value as Exclude<T, false | null | undefined>;
    if (performance.now() > end) throw new Error(`after ${withinMs} ms still not so: ${what}`);
    await sleep(2);
  }
}

/** `turns` turns of the event loop: all that is ready to go on has gone on. */
export async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
