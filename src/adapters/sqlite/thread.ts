import { threadPort } from '../../std/thread.ts';
import { packAnswers, type Packet, unpack, type WireAnswer } from './wire.ts';
import { type Call, Writer } from './writer.ts';

/** What goes into the thread: calls, or the end. */
export type Inbound =
  | { readonly calls: Packet<Call> }
  | { readonly beat: string; readonly everyMs: number }
  | { readonly close: true };

/** What comes out. */
export interface Outbound {
  readonly answers: Packet<WireAnswer>;
}

const port = threadPort<Inbound, Outbound>();
const { path, url } = port.data as { path: string; url: string };

const writer = new Writer({
  path,
  url,
  now: Date.now,
  soon: (drain) => void setImmediate(drain),
  answer: (answers) => port.post({ answers: packAnswers(answers) }),
});

/** When the main loop was last heard of, by this thread's monotonic clock. */
let heardAt = performance.now();

port.onMessage((message) => {
  heardAt = performance.now();
  if ('calls' in message) writer.push(unpack(message.calls));
  else if ('beat' in message) beatFor(message.beat, message.everyMs);
  else void end();
});
writer.warmUp();

const hearts = new Map<string, NodeJS.Timeout>();

/** A main loop that turns says something every second: its worker asks for letters. */
const stalledAfterMs = 5_000;

/** Raises the counter of an enrolled worker until it is gone, also while the caller's own loop stands still. */
function beatFor(worker: string, everyMs: number): void {
  clearInterval(hearts.get(worker));
  const beat = () => {
    if (!writer.beat(worker, performance.now() - heardAt > stalledAfterMs)) clearInterval(heart);
  };
  // Messages that came while this thread was busy are read first: they show that the loop turns.
  const heart = setInterval(() => setImmediate(beat), everyMs);
  hearts.set(worker, heart);
}

async function end(): Promise<void> {
  for (const heart of hearts.values()) clearInterval(heart);
  await writer.close();
  port.close();
}
