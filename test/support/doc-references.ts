import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { headingsOf } from './doc-links.ts';

/** What can be named in a comment or on a page: headings of the protocol, decisions, contracts. */
export interface Targets {
  /** `claims#fencing`. */
  readonly rules: ReadonlySet<string>;
  /** `0027`. */
  readonly decisions: ReadonlySet<string>;
  /** `VT-13`. */
  readonly contracts: ReadonlySet<string>;
}

export async function readTargets(root: string): Promise<Targets> {
  const pages = await readdir(join(root, 'docs/protocol'));
  const rules = await Promise.all(
    pages.map(async (page) => {
      const headings = await headingsOf(join(root, 'docs/protocol', page));
      return [...headings].map((heading) => `${page.replace(/\.md$/, '')}#${heading}`);
    }),
  );
  const decisions = (await readdir(join(root, 'docs/decisions'))).map((name) => name.slice(0, 4));
  const contracts = await readFile(join(root, 'docs/reference/contracts.md'), 'utf8');
  const ids = [...contracts.matchAll(/^\|\W*([A-Z]{2,3}-\d+)\b/gm)].map(([, id = '']) => id);
  return { rules: new Set(rules.flat()), decisions: new Set(decisions), contracts: new Set(ids) };
}

/** What a text names and is not there, in the order of the text. A reference may be broken over two lines. */
export function brokenReferences(text: string, { rules, decisions, contracts }: Targets): string[] {
  const whole = text.replaceAll(/\s*\n\s*(?:\*|\/\/|#|--|>)?\s*/g, ' ');
  const missing: { readonly at: number; readonly name: string }[] = [];
  const look = (pattern: RegExp, isThere: (name: string) => boolean): void => {
    for (const { 0: found, 1: name = '', index } of whole.matchAll(pattern)) {
      if (!isThere(name)) missing.push({ at: index, name: found });
    }
  };
  look(/\bprotocol\/([a-z]+(?:#[\p{L}\p{N}_-]+)?)(?![\p{L}\p{N}_-])(?!\.\w)/gu, (name) => rules.has(name));
  look(/\b[Dd]ecisions?[ /](\d{4})\b/g, (name) => decisions.has(name));
  look(/\bdecisions \d{4} and (\d{4})\b/g, (name) => decisions.has(name));
  look(/\b((?:EGO|VT|TJ|SJ|GJ|UI)-\d+)\b/g, (name) => contracts.has(name));
  return missing.toSorted((a, b) => a.at - b.at).map(({ name }) => name);
}

/** Texts below these folders, and the pages at the root; what is installed, built or recorded is left out. */
export async function textsOf(root: string, folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return files.map(({ parentPath, name }) => join(parentPath, name).slice(root.length).replace(/^\//, ''));
    }),
  );
  const pages = (await readdir(root)).filter((name) => name.endsWith('.md'));
  const isText = (file: string): boolean => kinds.has(extname(file)) || /^\.ci\/[^.]+$/.test(file);
  return [...found.flat(), ...pages].filter((file) => isText(file) && !/(^|\/)(node_modules|dist)\//.test(file));
}

const kinds = new Set(['.ts', '.mts', '.js', '.mjs', '.md', '.sql', '.sh', '.toml', '.yaml']);
