import type { Profiler } from 'node:inspector';
import { PprofBuilder, type CallFrame } from './pprof-profile.ts';
import { InspectorSession } from './inspector-session.ts';

/**
 * What the main thread computes, from now until `until` resolves, sampled each millisecond, or each ten where it takes
 * longer than half a minute: what V8 hands over at the end is read in one go. Time in which it only waited is left
 * out; `(program)` is native code, `(garbage collector)` is that.
 */
export async function profileCpu(until: Promise<unknown>, seconds: number): Promise<Uint8Array<ArrayBuffer>> {
  const startedAt = Date.now();
  const everyMicros = seconds <= 30 ? 1_000 : 10_000;
  const { profile } = await InspectorSession.use(async (session) => {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: everyMicros });
    await session.post('Profiler.start');
    await until;
    return session.post<{ profile: Profiler.Profile }>('Profiler.stop');
  });
  return pprofOfCpu(profile, { startedAt, everyMicros });
}

/** What is allocated on the main thread's heap from now until `until` resolves, and still in use then; a sample. */
export async function profileHeap(until: Promise<unknown>): Promise<Uint8Array<ArrayBuffer>> {
  const startedAt = Date.now();
  const { profile } = await InspectorSession.use(async (session) => {
    await session.post('HeapProfiler.enable');
    await session.post('HeapProfiler.startSampling', { samplingInterval: everyBytes });
    await until;
    return session.post<{ profile: HeapProfile }>('HeapProfiler.stopSampling');
  });
  return pprofOfHeap(profile, startedAt);
}

async function pprofOfCpu(
  profile: Profiler.Profile,
  { startedAt, everyMicros }: { readonly startedAt: number; readonly everyMicros: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { nodes, samples = [], timeDeltas = [], startTime, endTime } = profile;
  const spent = new Map<number, { count: number; micros: number }>();
  for (const [i, node] of samples.entries()) {
    const sum = spent.get(node) ?? { count: 0, micros: 0 };
    sum.count++;
    // A delta stands before its sample: the time that the stack took is the one up to the next.
    sum.micros += Math.max(0, timeDeltas[i + 1] ?? 0);
    spent.set(node, sum);
  }
  const builder = new PprofBuilder({
    values: [
      ['samples', 'count'],
      ['cpu', 'nanoseconds'],
    ],
    period: ['cpu', 'nanoseconds', everyMicros * 1_000],
    startedAt,
    durationMs: (endTime - startTime) / 1_000,
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  for (const [id, { count, micros }] of spent) {
    const stack = stackOf(id, byId, parents);
    if (stack[0]?.functionName !== '(idle)') builder.add(stack, [count, micros * 1_000]);
  }
  return builder.bytes();
}

/** From the innermost frame outwards, without the root that V8 invents. */
function stackOf(
  id: number,
  nodes: ReadonlyMap<number, Profiler.ProfileNode>,
  parents: ReadonlyMap<number, number>,
): CallFrame[] {
  const stack: CallFrame[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const frame = nodes.get(at)?.callFrame;
    if (frame && frame.functionName !== '(root)') stack.push(frame);
  }
  return stack;
}

/** The form that V8's protocol has. The types of Node 20 leave out what counts objects. */
interface HeapProfile {
  readonly head: HeapNode;
  readonly samples: readonly { readonly nodeId: number }[];
}

interface HeapNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

async function pprofOfHeap({ head, samples }: HeapProfile, startedAt: number): Promise<Uint8Array<ArrayBuffer>> {
  const builder = new PprofBuilder({
    values: [
      ['inuse_objects', 'count'],
      ['inuse_space', 'bytes'],
    ],
    period: ['space', 'bytes', everyBytes],
    startedAt,
    durationMs: Date.now() - startedAt,
  });
  const objects = new Map<number, number>();
  for (const { nodeId } of samples) objects.set(nodeId, (objects.get(nodeId) ?? 0) + 1);
  // Not by recursion: stacks of a program may be deeper than ours.
  const open: { node: HeapNode; stack: readonly CallFrame[] }[] = [{ node: head, stack: [] }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, stack: above } = next;
    const stack = node.callFrame.functionName === '(root)' ? above : [node.callFrame, ...above];
    if (node.selfSize > 0) builder.add(stack, [objects.get(node.id) ?? 1, node.selfSize]);
    for (const child of node.children) open.push({ node: child, stack });
  }
  return builder.bytes();
}

const everyBytes = 65_536;
