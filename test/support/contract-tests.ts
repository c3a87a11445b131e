import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSync, Visitor, type Expression } from 'oxc-parser';

/** Ids of contracts, as they stand at the beginning of a test's name: `EGO-1, EGO-2 only that job runs`. */
const contractId = /\b(?:EGO|VT|TJ|SJ|GJ|UI)-\d+\b/g;

/**
 * Which files hold tests that carry a contract's id, read from the names of `test`, `it` and `describe` without running
 * anything. Paths are relative to the root, in order.
 */
export async function readContractTests(root: string, folders: readonly string[]): Promise<Map<string, string[]>> {
  const filesOf = new Map<string, Set<string>>();
  for (const file of await testsBelow(root, folders)) {
    for (const name of testNames(file, await readFile(join(root, file), 'utf8'))) {
      for (const [id] of name.matchAll(contractId)) {
        filesOf.set(id, (filesOf.get(id) ?? new Set()).add(file));
      }
    }
  }
  return new Map([...filesOf].map(([id, files]) => [id, [...files]]));
}

async function testsBelow(root: string, folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(root, folder), { recursive: true });
      return names.map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
    }),
  );
  return found
    .flat()
    .filter((name) => name.endsWith('.ts'))
    .toSorted();
}

/** The names that a file gives to its tests and suites; a placeholder in a template is left out of its name. */
export function testNames(file: string, text: string): string[] {
  const { program, errors } = parseSync(file, text, { lang: 'ts', sourceType: 'module' });
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0]?.message ?? 'does not parse'}`);
  const names: string[] = [];
  new Visitor({
    CallExpression: ({ callee, arguments: [name] }) => {
      if (!isTestFunction(callee)) return;
      if (name?.type === 'Literal' && typeof name.value === 'string') names.push(name.value);
      if (name?.type === 'TemplateLiteral') names.push(name.quasis.map(({ value }) => value.cooked ?? '').join('…'));
    },
  }).visit(program);
  return names;
}

/** `test`, `test.skipIf(…)`, `describe.each([…])`: what stands at the very left decides. */
function isTestFunction(callee: Expression): boolean {
  if (callee.type === 'Identifier') return ['test', 'it', 'describe'].includes(callee.name);
  if (callee.type === 'MemberExpression') return isTestFunction(callee.object);
  return callee.type === 'CallExpression' && isTestFunction(callee.callee);
}
