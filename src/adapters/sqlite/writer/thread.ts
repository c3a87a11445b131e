import { threadPort } from '../../../std/thread.ts';
import { exitGateKeeper } from './exit-gate.ts';
import { DatabaseIdentity } from '../file/file-identity.ts';
import { WriterHeartbeats } from './writer-heartbeats.ts';
import { packAnswers, type Packet, unpack, type EncodedAnswer } from './codec.ts';
import { type Answer, type Call, Writer } from './writer.ts';

/** What is sent to the thread: calls, a worker that needs heartbeats, or the end. */
export type Inbound =
  | { readonly calls: Packet<Call> }
  | { readonly heartbeat: string; readonly everyMs: number }
  | { readonly close: true };

/** What the thread sends back. */
export interface Outbound {
  readonly answers: Packet<EncodedAnswer>;
}

export interface ThreadData {
  readonly path: string;
  readonly url: string;
  readonly gate: SharedArrayBuffer;
  readonly identity: SharedArrayBuffer;
}

const port = threadPort<Inbound, Outbound>();
const { path, url, gate, identity } = port.data as ThreadData;
const { pass } = exitGateKeeper(gate);
const writer = new Writer({
  path,
  url,
  identity: new DatabaseIdentity(identity),
  now: Date.now,
  soon: (drain) => void setImmediate(drain),
  answer,
  pass,
});
const heartbeats = new WriterHeartbeats(writer);

port.onMessage((message) => {
  heartbeats.heard();
  if ('calls' in message) writer.push(unpack(message.calls));
  else if ('heartbeat' in message) heartbeats.start(message.heartbeat, message.everyMs);
  else void end();
});
pass(() => writer.warmUp());

function answer(answers: readonly Answer[]): void {
  const theirs = heartbeats.take(answers);
  if (theirs.length > 0) port.post({ answers: packAnswers(theirs) });
}

async function end(): Promise<void> {
  heartbeats.stopAll();
  await writer.close();
  port.close();
}
