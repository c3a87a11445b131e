import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { brokenReferences, readTargets, textsOf } from '../../support/doc-references.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folders = ['src', 'test', 'scripts', 'bench', 'examples', 'docs', '.ci'];
const own = 'test/unit/docs/references.test.ts';

test('each rule, decision and contract that a comment or a page names is there', async () => {
  const targets = await readTargets(root);
  const broken: string[] = [];
  for (const file of await textsOf(root, folders)) {
    if (file === own) continue;
    const text = await readFile(join(root, file), 'utf8');
    broken.push(...brokenReferences(text, targets).map((name) => `${file}: ${name}`));
  }
  expect(broken).toEqual([]);
});

test('nothing cites a specification that is not in the repository', async () => {
  const citing: string[] = [];
  for (const file of await textsOf(root, folders)) {
    if (file === own) continue;
    const text = await readFile(join(root, file), 'utf8');
    citing.push(
      ...(text.match(/\bDESIGN\b|\bCONTRACTS\b|\bSTORE(?: §|\.md)/g) ?? []).map((name) => `${file}: ${name}`),
    );
  }
  expect(citing).toEqual([]);
});

test('a reference that leads nowhere is found, also where a line ends in it', () => {
  const targets = { rules: new Set(['claims#fencing']), decisions: new Set(['0002']), contracts: new Set(['VT-1']) };
  const text = `
    /** Locks first (protocol/claims#fencing, decision 0002, contract VT-1).
     * Else (protocol/claims#nothing, decision
     * 9999, contracts VT-1, VT-99), as docs/protocol/claims.md and \`docs/protocol/{claims}.md\` say. */`;
  expect(brokenReferences(text, targets)).toEqual(['protocol/claims#nothing', 'decision 9999', 'VT-99']);
});

test('the files that pages of the protocol name are there', async () => {
  const pages = await textsOf(root, ['docs/protocol']);
  const missing: string[] = [];
  for (const page of pages.filter((name) => name.startsWith('docs/protocol/'))) {
    const text = await readFile(join(root, page), 'utf8');
    for (const [, path = ''] of text.matchAll(/`((?:src|test|scripts|bench)\/[\w./-]+)`/g)) {
      if (!existsSync(join(root, path))) missing.push(`${page}: ${path}`);
    }
  }
  expect(missing).toEqual([]);
});
