import fc from 'fast-check';
import type { App } from '../../src/app/app.ts';
import { defineJob, type AnyJob } from '../../src/job/define.ts';
import type { Run } from '../../src/job/run.ts';
import { isFinal } from '../../src/job/state.ts';
import { newId } from '../../src/std/id.ts';
import { thrownOf, throws, valueNames, valueOf, type Thrown, type ValueName } from './hostile-values.ts';
import type { Context } from './job.ts';

/** One thing that a handler does, with three values that do not belong there. */
export interface Act {
  readonly does: keyof typeof deeds;
  readonly a: ValueName;
  readonly b: ValueName;
  readonly c: ValueName;
  readonly thrown: Thrown;
  /** The handler catches what it throws, and goes on. */
  readonly isCaught: boolean;
}

type Deed = (context: Context, act: Act, values: { a: never; b: never; c: never }) => unknown;

/** What no wait may be given: it would be as long as it says, and rightly so. */
const endless = new Set(['nothing', 'four bytes']);

/** What another worker could have a job of: its run waits for that worker. */
const names = new Set(['a word', 'name of a member', 'controls and quotes']);

const deeds = {
  'step by a name': ({ step }, _, { a, b }) => step(a, () => b),
  'step by a name of parts': ({ step }, _, { a, b, c }) => step([a, b], () => c),
  'step with options': ({ step }, _, { a, b }) => step('with options', a, () => b),
  'step with a retry': ({ step }, { thrown }, { a, b }) =>
    step('with a retry', { retry: { attempts: 2, delay: 0, factor: a, jitter: b } }, failing(thrown)),
  'step with a policy': ({ step }, _, { a, b, c }) =>
    step('with a policy', { retry: { attempts: a, delay: b, maxDelay: c } }, () => 1),
  'step with a time-out': ({ step }, _, { a, b }) => step('with a time-out', { timeout: a }, () => b),
  'step without work': ({ step }, _, { a }) => step('without work', a),
  'step that throws': ({ step }, { thrown }) => step('throws', failing(thrown)),
  'step that rejects': ({ step }, { thrown }) => step('rejects', rejecting(thrown)),
  'steps at once': ({ step }, { thrown }, { a, b }) =>
    Promise.all([step('one', () => a), step('two', failing(thrown)), step('three', () => b)]),
  'sleep by a name': ({ step }, _, { a }) => step.sleep(a, 1),
  'sleep for': ({ step }, _, { a }) => step.sleep('for', a),
  'sleep until': ({ step }, _, { a }) => step.sleepUntil('until', a),
  'wait for': ({ step }, _, { a }) => step.wait(a, { name: 'for', timeout: 1, orElse: 1 }),
  'wait by a name': ({ step }, _, { a, b }) => step.wait('event', { name: a, timeout: 1, orElse: b }),
  'wait so long': ({ step }, { a: name }, { a }) => step.wait('late', { timeout: endless.has(name) ? 1 : a }),
  'wait with a schema': ({ step }, _, { a }) => step.wait('checked', { schema: a, timeout: 1 }),
  'wait with options': ({ step }, { a: name }, { a }) =>
    name === 'null' || typeof a !== 'object'
      ? step.wait('x', { timeout: 1 })
      : step.wait('x', { ...(a as object), timeout: 1 }),
  'child of a job': ({ step }, _, { a, b }) => step.run('of a job', a, b),
  'child by a name': ({ step }, _, { a, b }) => step.run(a, child, b),
  'child of a hostile name': ({ step }, { a: name }, { a }) =>
    names.has(name) ? null : step.run('hostile', { ...child, name: a }, null),
  'child that fails': ({ step, run }, { thrown }) => {
    faults.set(run.id, thrown);
    return step.run('fails', failsAtOnce, run.id);
  },
  'pages of': ({ step }, _, { a, b, c }) => step.pages('of', { from: a, read: twice(b), next: () => c }, () => 1),
  'pages with': ({ step }, _, { a, b }) => step.pages('with', a, b),
  'pages that throw': ({ step }, { thrown }, { a }) =>
    step.pages('throw', { from: 0, read: (n) => (n === 0 ? [1] : []), next: () => 1, onError: a }, failing(thrown)),
  log: ({ log }, _, { a, b }) => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](a, b);
  },
  'log of fields': ({ log }, _, { a, b }) => log.info('fields', { a, b, [String(valueOf('half a pair'))]: 1 }),
  console: (_, __, { a, b }) => console.log('hostile: %s', a, b),
  progress: ({ progress }, _, { a, b }) => progress(a, b),
  'status of the response': ({ response }, _, { a }) => void response.status(a),
  'header of the response': ({ response }, _, { a, b }) => void response.header(a, b).header('X-A', a),
  'text of the response': ({ response }, _, { a, b }) => void response.write(a).write(b),
  'a header': ({ header }, _, { a }) => header(a),
  throw: (_, { thrown }) => raise(thrown),
  return: (_, __, { a }) => a,
} satisfies Record<string, Deed>;

export const acts: fc.Arbitrary<Act> = fc.record({
  does: fc.constantFrom(...(Object.keys(deeds) as (keyof typeof deeds)[])),
  a: valueNames,
  b: valueNames,
  c: valueNames,
  thrown: throws,
  isCaught: fc.boolean(),
});

export interface Wish {
  readonly [option: string]: ValueName;
}

/** Options of `enqueue`, one of them hostile. */
export const wishes: fc.Arbitrary<Wish> = fc
  .tuple(
    fc.constantFrom('key', 'delay', 'priority', 'timeout', 'headers', 'args', 'body', 'trigger', 'tx', 'other'),
    valueNames,
  )
  .map(([option, value]) => ({ [option]: value }));

/** Pages that come to an end. */
function twice(page: unknown): () => never[] {
  let times = 0;
  return () => (++times <= 2 ? page : []) as never[];
}

function raise(thrown: Thrown): never {
  throw thrownOf(thrown);
}

function rejecting(thrown: Thrown): () => Promise<void> {
  const fail = failing(thrown);
  return async () => fail();
}

/** In a step, a few times: `RetryLater` uses up no try, and its author has to be done with it some time. */
function failing(thrown: Thrown): () => void {
  let times = 0;
  return () => {
    if (++times <= maxExecutions) raise(thrown);
  };
}

/** What the handlers are to do, by the input of their runs: hostile values cannot be an input. */
const scripts = new Map<unknown, readonly Act[]>();
const faults = new Map<unknown, Thrown>();
const executions = new Map<unknown, number>();
/** `RetryLater` uses up no attempt: after so many executions the author is done with it. */
const maxExecutions = 3;

const child = defineJob({ name: 'child', run: ({ input }) => input ?? null });
const failsAtOnce = defineJob({ name: 'fails', run: ({ input }) => raiseOnce(input) });

function raiseOnce(input: unknown): void {
  const thrown = faults.get(input);
  faults.delete(input);
  if (thrown) raise(thrown);
}

const hostile = defineJob({
  name: 'hostile',
  retry: { attempts: 2, delay: 0 },
  async run(context) {
    const { input } = context;
    const executed = (executions.get(input) ?? 0) + 1;
    executions.set(input, executed);
    if (executed > maxExecutions) return 'enough';
    let returned: unknown;
    for (const act of scripts.get(input) ?? []) {
      const { does, a, b, c, isCaught } = act;
      try {
        const values = { a: valueOf(a), b: valueOf(b), c: valueOf(c) } as { a: never; b: never; c: never };
        returned = await deeds[does](context as never, act, values);
      } catch (thrown) {
        if (!isCaught) throw thrown;
      }
    }
    return returned;
  },
});

const neighbour = defineJob({
  name: 'neighbour',
  async run({ step }) {
    await step('one', () => 1);
    await step.sleep('a moment', 1);
    return step('two', () => 2);
  },
});

/** What an app needs to be tried. */
export const hostileJobs: readonly AnyJob[] = [hostile, neighbour, child, failsAtOnce];

export interface Tried {
  readonly state: string;
  readonly code: string | null;
  readonly executed: number;
  readonly neighbour: string;
}

/** Runs the script in that app, which is a worker that was started, and beside it a run that does no harm. */
export async function tryActs(app: App, script: readonly Act[]): Promise<Tried> {
  const input = newId();
  scripts.set(input, script);
  const handles = await Promise.all([app.client.enqueue('hostile', input), app.client.enqueue('neighbour')]);
  const [run, beside] = await Promise.all(handles.map(({ id }) => app.client.wait(id, patience)));
  return { ...endOf(run!), executed: executions.get(input) ?? 0, neighbour: beside!.state };
}

/** Asks for a run with such an input and options: it is refused, or it ends. */
export async function tryWish(app: App, input: ValueName, wish: Wish): Promise<Tried | 'refused'> {
  const options = Object.fromEntries(Object.entries(wish).map(([option, name]) => [option, valueOf(name)]));
  let id: string;
  try {
    ({ id } = await app.client.enqueue('child', valueOf(input), options));
  } catch {
    return 'refused';
  }
  const run = await app.client.wait(id, patience);
  return { ...endOf(run), executed: 1, neighbour: 'succeeded' };
}

function endOf({ state, error }: Run): Pick<Tried, 'state' | 'code'> {
  return { state: isFinal(state) ? 'ended' : state, code: error?.code ?? null };
}

/** What takes longer hangs. */
const patience = { timeout: '20s' } as const;

/** Defines a job with such an option: it is refused, or its runs end. */
export async function tryDefinition(
  option: string,
  value: ValueName,
  open: (job: AnyJob) => App,
): Promise<Tried | 'refused'> {
  let job: AnyJob;
  try {
    job = defineJob({ name: 'defined', run: ({ step }) => step('one', () => 1), [option]: valueOf(value) });
  } catch {
    return 'refused';
  }
  let app: App;
  try {
    app = open(job);
  } catch {
    return 'refused';
  }
  await app.start();
  let id: string;
  try {
    ({ id } = await app.client.enqueue(job, null));
  } catch {
    return 'refused';
  }
  const run = await app.client.wait(id, patience);
  return { ...endOf(run), executed: 1, neighbour: 'succeeded' };
}

export const definitions = fc.constantFrom(
  ...'name summary details examples input key retry timeout deadline grace queue priority maxCrashes cli run'.split(
    ' ',
  ),
);
