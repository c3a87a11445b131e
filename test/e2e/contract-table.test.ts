import { spawn } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openFolder } from '../support/folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('a test run closes with contracts by adapter and the totals', async () => {
  const { code, said } = await runVitest({
    'a.test.ts': `
      import { describe, test } from 'vitest';
      test('EGO-10 ends', () => {});
      test('EGO-2, VT-3 starts', () => {});
      test.skip('SJ-3 waits', () => {});
      test('has no contract', () => {});
      describe('store contract on sqlite', () => {
        describe('claiming', () => { test('is fair', () => {}); test('VT-3 is safe', () => {}); });
      });
      describe('store contract on postgres', () => {
        describe('claiming', () => { test('is fair', () => {}); });
      });
    `,
  });
  expect(said).toMatch(/^ *contract +any +sqlite +postgres$/m);
  const rows = [...said.matchAll(/^(\S.*?) {2,}(.+)$/gm)].map(([, row, cells]) => [row, cells?.split(/ {2,}/)]);
  expect(rows.slice(-5)).toEqual([
    ['EGO-2', ['1', '–', '–']],
    ['EGO-10', ['1', '–', '–']],
    ['VT-3', ['1', '1', '–']],
    ['SJ-3', ['1 skipped', '–', '–']],
    ['store: claiming', ['–', '1', '1']],
  ]);
  expect(said.trimEnd().split('\n').at(-1)).toBe('6 passed, 0 failed, 1 skipped');
  expect(code).toBe(0);
});

test('what nobody could run counts as failed', async () => {
  const { code, said } = await runVitest({
    'hook.test.ts': `
      import { beforeAll, describe, test } from 'vitest';
      describe('store contract on postgres', () => {
        beforeAll(() => { throw new Error('no postgres'); });
        describe('claiming', () => { test('is fair', () => {}); });
      });
    `,
    'missing.test.ts': "import './nowhere.ts';",
    'late.test.ts': `
      import { test } from 'vitest';
      test('passes', () => { void Promise.reject(new Error('nobody awaits me')); });
    `,
  });
  expect(said).toMatch(/^store: claiming +1 FAILED$/m);
  expect(said).toMatch(/^Failed:\n\n.*hook\.test\.ts > store contract on postgres > claiming > is fair\n/m);
  expect(said.trimEnd().split('\n').at(-1)).toBe('1 passed, 3 failed');
  expect(code).toBe(1);
});

test('a setup that fails is a failure', async () => {
  const { code, said } = await runVitest({
    'setup.ts': "export function setup() { throw new Error('no build'); }",
    'a.test.ts': "import { test } from 'vitest'; test('EGO-1 passes', () => {});",
  });
  expect(said.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed');
  expect(code).toBe(1);
});

/** Passes at its second try: its body does, or what cleans up behind it. */
const unsteady = (where: 'body' | 'cleaning up') => `
  import { expect, onTestFinished, test } from 'vitest';
  let tries = 0;
  test('EGO-1 is late once', { retry: 1 }, () => {
    tries += 1;
    const check = () => expect(tries, 'too early').toBe(2);
    ${where === 'body' ? 'check();' : 'onTestFinished(check);'}
  });
`;

test('a test that passes at its second try is named, with what it failed on', async () => {
  const { code, said } = await runVitest({ 'a.test.ts': unsteady('body'), 'b.test.ts': unsteady('cleaning up') });
  for (const file of ['a.test.ts', 'b.test.ts']) {
    expect(said).toMatch(new RegExp(`${file} > EGO-1 is late once\n.*too early: expected 1 to be 2.*\n.*${file}`));
  }
  expect(said).toContain('Passed at their second try:\n\n');
  expect(said).not.toContain('node_modules');
  expect(said.trimEnd().split('\n').at(-1)).toBe('2 passed, 0 failed');
  expect(code).toBe(0);
});

test('many tests that pass at their second try only are a failure', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const { code, said } = await runVitest(
    Object.fromEntries(names.map((name) => [`${name}.test.ts`, unsteady('body')])),
  );
  expect(said).toContain('Passed at their second try, and no more than 4 may:');
  expect(said.trimEnd().split('\n').at(-1)).toBe('5 passed, 1 failed');
  expect(code).toBe(1);
});

async function runVitest(files: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const folder = await openFolder();
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const config = `
    import { ContractTable } from ${JSON.stringify(join(root, 'test/support/contract-table.ts'))};
    export default { test: {
      reporters: [new ContractTable()],
      globalSetup: ${JSON.stringify(Object.keys(files).filter((name) => name === 'setup.ts'))},
    } };
  `;
  for (const [name, content] of Object.entries({ ...files, 'vitest.config.ts': config })) {
    await writeFile(join(folder, name), content);
  }
  const vitest = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run'], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', VITEST: undefined },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise<number | null>((resolve) => {
    vitest.once('exit', resolve);
  });
  const said = await text(vitest.stdout);
  return { code: await exited, said };
}
