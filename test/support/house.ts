import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { parseSync, Visitor, type Class, type ClassElement } from 'oxc-parser';

/** One source file, as far as the rules of the house look at it. */
export interface SourceFile {
  /** Relative to src, with forward slashes: `adapters/sql/claim.ts`. */
  path: string;
  lines: number;
  imports: Import[];
  /** Globals that it calls, constructs or reads from, with their line: `Date.now`, `setTimeout`, `new Worker`. */
  uses: { name: string; line: number }[];
  classes: HouseClass[];
  /** False when a statement is anything but `export … from`. */
  onlyReexports: boolean;
}

interface HouseClass {
  name: string;
  /** What a caller can reach, each name once: methods, accessors and fields, also static ones. */
  publicMembers: string[];
}

interface Import {
  specifier: string;
  /** The file under src it points to, if it is one of ours. */
  target: string | undefined;
  typeOnly: boolean;
  line: number;
}

/** Reads and parses every TypeScript file below `src`; a file that does not parse is an error. */
export async function readHouse(src: string): Promise<SourceFile[]> {
  const entries = await readdir(src, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(src.length + 1)
        .replaceAll('\\', '/'),
    );
  return await Promise.all(
    paths.toSorted().map(async (path) => parseFile(path, await readFile(join(src, path), 'utf8'))),
  );
}

function parseFile(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text, { lang: 'ts', sourceType: 'module' });
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message ?? 'does not parse'}`);
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const imports: Import[] = [];
  const uses: SourceFile['uses'] = [];
  const classes: HouseClass[] = [];
  const addClass = (node: Class): void => {
    classes.push({ name: node.id?.name ?? 'a class', publicMembers: publicMembers(node) });
  };
  const addImport = (node: { start: number }, specifier: string, typeOnly: boolean): void => {
    imports.push({ specifier, target: targetOf(path, specifier), typeOnly, line: lineOf(node.start) });
  };
  const addUse = (node: { start: number }, name: string): void => {
    uses.push({ name, line: lineOf(node.start) });
  };

  new Visitor({
    ClassDeclaration: addClass,
    ClassExpression: addClass,
    ImportDeclaration: (node) => addImport(node, node.source.value, node.importKind === 'type'),
    ExportAllDeclaration: (node) => addImport(node, node.source.value, node.exportKind === 'type'),
    ExportNamedDeclaration: (node) => {
      if (node.source) addImport(node, node.source.value, node.exportKind === 'type');
    },
    TSImportType: (node) => addImport(node, node.source.value, true),
    ImportExpression: (node) => {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string') {
        addImport(node, node.source.value, false);
      }
    },
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier') addUse(node, node.callee.name);
    },
    NewExpression: (node) => {
      if (node.callee.type !== 'Identifier') return;
      addUse(node, `new ${node.callee.name}${node.arguments.length === 0 ? '()' : ''}`);
    },
    MemberExpression: (node) => {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return;
      addUse(node, `${node.object.name}.${node.property.name}`);
    },
  }).visit(program);

  const onlyReexports = program.body.every(
    (node) => node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && node.source !== null),
  );
  return { path, lines: text.replace(/\n$/, '').split('\n').length, imports, uses, classes, onlyReexports };
}

/** `../std/clock.ts`, written in `job/run.ts`, is `std/clock.ts`. */
function targetOf(importer: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(importer), specifier) : undefined;
}

function publicMembers({ body }: Class): string[] {
  const names = body.body.flatMap((member) => (isPublic(member) ? [nameOf(member)] : []));
  return [...new Set(names)];
}

type Member = Exclude<ClassElement, { type: 'StaticBlock' | 'TSIndexSignature' }>;

function isPublic(member: ClassElement): member is Member {
  if (member.type === 'StaticBlock' || member.type === 'TSIndexSignature') return false;
  if (member.key.type === 'PrivateIdentifier') return false;
  if ('kind' in member && member.kind === 'constructor') return false;
  return member.accessibility !== 'private' && member.accessibility !== 'protected';
}

function nameOf({ key, computed, start }: Member): string {
  if (!computed && key.type === 'Identifier') return key.name;
  return key.type === 'Literal' ? String(key.value) : `[computed at ${start}]`;
}
