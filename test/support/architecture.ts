import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import type { SourceFile } from './house.ts';

/** The floors of ARCHITECTURE.md: a folder may import its own files and lower floors, never its siblings. */
export const floors: Readonly<Record<string, number>> = {
  cli: 8,
  program: 7,
  http: 6,
  dashboard: 6,
  scaffold: 6,
  app: 5,
  engine: 4,
  adapters: 4,
  plugins: 4,
  intake: 3,
  ports: 2,
  job: 1,
  std: 0,
};

const maxLines = 300;
const maxFiles = 45;
const maxPublicMembers = 15;
const drawers = new Set(['utils', 'helpers', 'common', 'types', 'interfaces', 'constants', 'misc']);

/** What reaches outside the values a function was given; floor 1 is handed the time and the dice by its callers. */
const impure = [
  /^(setTimeout|setInterval|setImmediate|fetch|Date)$/,
  /^(Date\.now|Math\.random|new Date\(\)|new Worker)$/,
  /^(process|performance|crypto)\./,
];

/** What was larger when this rule came, with how large it may be; who makes one smaller takes its row out. */
export const known: Readonly<Record<string, number>> = {};

/** Every place where the house breaks a rule, as `path:line sentence`; empty when it stands. */
export function checkArchitecture(
  files: readonly SourceFile[],
  larger: Readonly<Record<string, number>> = {},
): string[] {
  return [
    ...checkSizes(files, larger),
    ...files.flatMap((file) => [...checkPlace(file), ...checkImports(file), ...checkUses(file)]),
    ...findCycles(files),
  ];
}

/** Folders with too many files directly in them, and classes that offer too much; and exceptions that none needs. */
function checkSizes(files: readonly SourceFile[], larger: Readonly<Record<string, number>>): string[] {
  const perFolder = new Map<string, number>();
  for (const { path } of files) {
    const folder = posix.dirname(path);
    perFolder.set(folder, (perFolder.get(folder) ?? 0) + 1);
  }
  const folders = [...perFolder].map(([name, size]) => ({ name, size, limit: maxFiles, of: 'files: it wants rooms' }));
  const classes = files.flatMap(({ path, classes: own }) =>
    own.map(({ name, publicMembers: { length: size } }) => {
      return {
        name: `${path} ${name}`,
        size,
        limit: maxPublicMembers,
        of: 'public members: it is more than one thing',
      };
    }),
  );
  const measured = [...folders, ...classes];
  const tooLarge = measured.filter(({ name, size, limit }) => size > (larger[name] ?? limit));
  const needed = new Set(measured.filter(({ size, limit }) => size > limit).map(({ name }) => name));
  return [
    ...tooLarge.map(({ name, size, limit, of }) => `${name} has ${size} and may have ${larger[name] ?? limit} ${of}`),
    ...Object.keys(larger).flatMap((name) => (needed.has(name) ? [] : [`${name} is an exception that nobody needs`])),
  ];
}

function checkPlace(file: SourceFile): string[] {
  const findings: string[] = [];
  const segments = file.path.replace(/\.ts$/, '').split('/');
  if (file.lines > maxLines)
    findings.push(`${file.path} has ${file.lines} lines, more than ${maxLines}: something in it wants its own name`);
  for (const segment of segments) {
    if (drawers.has(segment)) findings.push(`${file.path} is a drawer: name what is in "${segment}"`);
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(segment)) findings.push(`${file.path} is not in kebab-case`);
  }
  if (file.path === 'index.ts') {
    if (!file.onlyReexports) findings.push('index.ts does more than re-export');
  } else if (floorOf(file.path) === undefined && roomOf(file.path) !== 'testing') {
    findings.push(`${file.path} stands on no floor`);
  }
  return findings;
}

function checkImports(file: SourceFile): string[] {
  const findings: string[] = [];
  for (const { specifier, target, typeOnly, line } of file.imports) {
    const at = `${file.path}:${line}`;
    if (target === undefined) {
      if (roomOf(file.path) === 'job' && isBuiltin(specifier) && !typeOnly) {
        findings.push(`${at} imports ${specifier}: job is pure, it may import only types from Node`);
      }
      continue;
    }
    if (!target.endsWith('.ts')) findings.push(`${at} imports ${specifier} without the extension .ts`);
    const why = whyForbidden(file.path, target);
    if (why !== undefined) findings.push(`${at} imports ${target}: ${why}`);
  }
  return findings;
}

/** Undefined when `from` may import `to`. */
function whyForbidden(from: string, to: string): string | undefined {
  if (to.startsWith('../')) return 'it lies outside src';
  if (to === 'index.ts') return 'the public door opens outwards only';
  const [fromRoom, toRoom] = [roomOf(from), roomOf(to)];
  if (toRoom === 'testing') return fromRoom === 'testing' ? undefined : 'nothing imports testing';
  const toFloor = floorOf(to);
  if (toFloor === undefined) return 'it stands on no floor';
  if (from === 'index.ts') return undefined;
  if (fromRoom === 'testing') return toFloor <= 5 ? undefined : 'testing may import floors 0 to 5';
  if (fromRoom === toRoom) return fromRoom === 'adapters' ? whyForbiddenAdapter(from, to) : undefined;
  const fromFloor = floorOf(from);
  if (fromFloor === undefined || toFloor < fromFloor) return undefined;
  return toFloor === fromFloor ? `${fromRoom} and ${toRoom} are siblings` : `${toRoom} is a floor above ${fromRoom}`;
}

/** A technology's folder sees `adapters/sql` and nothing else beside it. */
function whyForbiddenAdapter(from: string, to: string): string | undefined {
  const [own, other] = [from.split('/')[1], to.split('/')[1]];
  return own === other || other === 'sql' ? undefined : 'an adapter may import adapters/sql and no other adapter';
}

function checkUses(file: SourceFile): string[] {
  const findings: string[] = [];
  for (const { name, line } of file.uses) {
    const at = `${file.path}:${line}`;
    if (roomOf(file.path) === 'job' && impure.some((pattern) => pattern.test(name))) {
      findings.push(`${at} uses ${name}: job is pure`);
    }
    const takesThreads = file.imports.some(({ specifier }) => specifier === 'node:worker_threads');
    if (name === 'new Worker' && takesThreads && file.path !== 'std/thread.ts') {
      findings.push(`${at} opens a worker thread: only std/thread does, so that the one-file build can start it too`);
    }
  }
  return findings;
}

/** One sentence for each group of files that reach each other (Tarjan's strongly connected components). */
function findCycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const order = new Map<string, number>();
  const stack: string[] = [];
  const findings: string[] = [];

  const visit = (file: SourceFile): number => {
    const index = order.size;
    order.set(file.path, index);
    stack.push(file.path);
    let low = index;
    for (const { target } of file.imports) {
      const next = target === undefined ? undefined : byPath.get(target);
      if (next === undefined) continue;
      if (next === file) findings.push(`${file.path} imports itself`);
      else if (!order.has(next.path)) low = Math.min(low, visit(next));
      else if (stack.includes(next.path)) low = Math.min(low, order.get(next.path) ?? index);
    }
    if (low === index) {
      const group = stack.splice(stack.indexOf(file.path));
      if (group.length > 1) findings.push(`files import each other in a circle: ${group.join(', ')}`);
    }
    return low;
  };
  for (const file of files) if (!order.has(file.path)) visit(file);
  return findings;
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function floorOf(path: string): number | undefined {
  return path.includes('/') ? floors[roomOf(path)] : undefined;
}
