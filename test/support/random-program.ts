import fc from 'fast-check';
import { expect } from 'vitest';
import type { Client } from '../../src/app/client/client.ts';
import type { Run, StepRecord } from '../../src/job/run.ts';

/**
 * A program for the job `interpreter` of test/fixtures/engine/program.mjs. Names are unique within a program, so that a
 * line of the ledger tells which node wrote it.
 */
type Node =
  | { readonly kind: 'step'; readonly name: string; readonly ms: number; readonly fails: number }
  | { readonly kind: 'sleep'; readonly name: string; readonly ms: number }
  | { readonly kind: 'wait'; readonly name: string }
  /** A wait that gives up after `ms`. */
  | { readonly kind: 'patience'; readonly name: string; readonly ms: number }
  | { readonly kind: 'child'; readonly name: string; readonly body: Node }
  | { readonly kind: 'row' | 'all' | 'race'; readonly name: string; readonly parts: readonly Node[] };

export interface Program {
  readonly node: Node;
  /** To be sent to the run, each after some time. */
  readonly events: readonly { readonly name: string; readonly afterMs: number }[];
}

/** Programs of about ten nodes that take some 100 ms undisturbed. */
export function programs(): fc.Arbitrary<Program> {
  return fc
    .tuple(nodes(), fc.array(fc.nat(60), { minLength: 20, maxLength: 20 }))
    .map(([node, delays]) => nameAll(node, delays));
}

function nodes(): fc.Arbitrary<Node> {
  const name = '';
  const ms = fc.nat(12);
  const alone = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('step' as const), name: fc.constant(name), ms, fails: fails() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep' as const), name: fc.constant(name), ms }) },
  );
  const waiting = fc.oneof(
    fc.record({ kind: fc.constant('wait' as const), name: fc.constant(name) }),
    fc.record({ kind: fc.constant('patience' as const), name: fc.constant(name), ms: fc.nat(60) }),
  );
  const groups = (part: fc.Arbitrary<Node>, max: number): fc.Arbitrary<Node> =>
    fc.record({
      kind: fc.constantFrom('row' as const, 'all' as const, 'race' as const),
      name: fc.constant(name),
      parts: fc.array(part, { minLength: 2, maxLength: max }),
    });
  const child: fc.Arbitrary<Node> = fc.record({
    kind: fc.constant('child' as const),
    name: fc.constant(name),
    body: fc.oneof(alone, groups(alone, 3)),
  });
  const leaf = fc.oneof(
    { weight: 6, arbitrary: alone },
    { weight: 2, arbitrary: waiting },
    { weight: 1, arbitrary: child },
  );
  return groups(fc.oneof({ weight: 2, arbitrary: leaf }, { weight: 2, arbitrary: groups(leaf, 3) }), 4);
}

function fails(): fc.Arbitrary<number> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) });
}

function nameAll(root: Node, delays: readonly number[]): Program {
  let count = 0;
  const events: { name: string; afterMs: number }[] = [];
  const named = (node: Node): Node => {
    const name = `${node.kind[0]}${++count}`;
    if (node.kind === 'wait' || node.kind === 'patience') {
      events.push({ name, afterMs: delays[events.length % delays.length] ?? 0 });
    }
    if (node.kind === 'child') return { ...node, name, body: named(node.body) };
    return 'parts' in node ? { ...node, name, parts: node.parts.map(named) } : { ...node, name };
  };
  return { node: named(root), events };
}

/** The programs ended well, by one branch each, with each step recorded once; `program-0` is the key of the first. */
export async function checkPrograms(
  given: readonly Program[],
  client: Pick<Client, 'find' | 'get' | 'list'>,
  ledger: readonly string[],
): Promise<void> {
  for (const [i, { node }] of given.entries()) {
    const key = `program-${i}`;
    const run = await client.find(key);
    expect(run, key).toMatchObject({ state: 'succeeded', attempt: 1 });
    const { value, steps } = expected(node, branchesOf(ledger, key));
    expect(JSON.parse(run.output ?? 'null'), key).toEqual(value);
    checkOrder(node, await askedIn(client, key), key);
    const recorded = await stepsOf(client, key);
    const executions = executionsOf(ledger, key);
    for (const [name, { tries }] of steps) {
      const records = recorded.filter((record) => record.key === name);
      expect(records, `${key} ${name}`).toMatchObject([{ state: 'succeeded', tries }]);
      expect(executions.get(name), `${key} ${name}`).toBeGreaterThanOrEqual(tries);
    }
  }
}

/**
 * Steps are numbered in the order in which they are first asked for, whatever was killed in between: the first of each
 * part of a group before the first of the next part.
 */
function checkOrder(node: Node, firstSeq: ReadonlyMap<string, number>, where: string): void {
  if (!('parts' in node)) return;
  const firsts = node.parts.map((part) => Math.min(...namesIn(part).flatMap((name) => firstSeq.get(name) ?? [])));
  const known = firsts.filter((first) => first !== Infinity);
  expect(known, `${where} ${node.name}`).toEqual([...new Set(known)].toSorted((a, b) => a - b));
  for (const part of node.parts) checkOrder(part, firstSeq, where);
}

function namesIn(node: Node): string[] {
  return 'parts' in node ? node.parts.flatMap(namesIn) : [node.name];
}

/** Of the run itself; its children number their own. */
async function askedIn(client: Pick<Client, 'find'>, key: string): Promise<Map<string, number>> {
  const { steps = [] } = await client.find(key, { steps: true });
  return new Map(steps.map(({ key: name, firstSeq }) => [name, firstSeq]));
}

/** What became of a program: which steps must have been executed, and what it returned, by the branches it took. */
interface Expected {
  readonly value: unknown;
  readonly steps: ReadonlyMap<string, { readonly tries: number }>;
}

/** `branches`: of each race the index of the winner, of each patient wait what it gave. */
function expected(node: Node, branches: ReadonlyMap<string, string>): Expected {
  const steps = new Map<string, { tries: number }>();
  const evaluate = (one: Node): unknown => {
    switch (one.kind) {
      case 'step':
        steps.set(one.name, { tries: one.fails + 1 });
        return one.name;
      case 'sleep':
      case 'wait':
        return one.name;
      case 'patience':
        return branches.get(one.name);
      case 'child':
        return evaluate(one.body);
      case 'row':
      case 'all':
        return one.parts.map(evaluate);
      case 'race': {
        const winner = Number(branches.get(one.name));
        const part = one.parts[winner];
        return [winner, part && evaluate(part)];
      }
    }
  };
  return { value: evaluate(node), steps };
}

/** The steps of a run and of all its descendants. */
export async function stepsOf(client: Pick<Client, 'get' | 'list'>, ref: string): Promise<StepRecord[]> {
  const run: Run | null = await client.get(ref, { steps: true });
  if (!run) return [];
  const children = (await client.list({ parent: run.id, limit: 100 })).items;
  const below = await Promise.all(children.map(({ id }) => stepsOf(client, id)));
  return [...(run.steps ?? []), ...below.flat()];
}

/** The branches that a ledger tells of; an error where a program decided one in two ways. */
function branchesOf(ledger: readonly string[], key: string): Map<string, string> {
  const branches = new Map<string, string>();
  for (const line of ledger) {
    const [owner, kind, name = '', value = ''] = line.split(' ');
    if (owner !== key || kind !== 'branch') continue;
    const before = branches.get(name);
    if (before !== undefined && before !== value) throw new Error(`${key}: ${name} was ${before} and then ${value}`);
    branches.set(name, value);
  }
  return branches;
}

/** How often each step of a program was executed. */
export function executionsOf(ledger: readonly string[], key: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of ledger) {
    const [owner, kind, name = ''] = line.split(' ');
    if (owner === key && kind === 'step') counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
