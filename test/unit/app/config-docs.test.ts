import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { otherSections, settings } from '../../../src/app/config/config-settings.ts';

const page = fileURLToPath(new URL('../../../docs/reference/config.md', import.meta.url));

test('EGO-20 docs/reference/config.md lists each setting with its flag, its variable and its default', async () => {
  const text = await readFile(page, 'utf8');
  const rows = text.split('\n').filter((line) => /^\|.*\| [a-z`]/.test(line) && line.includes('`'));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
  const documented = cells.map(([, name = '', flag = '', env = '', standard = '']) => ({ name, flag, env, standard }));
  const expected = settings.map(({ name, flag, env, notInFile, ...setting }) => ({
    name: notInFile ? '' : name,
    flag: flag === undefined ? '' : `--${flag.replaceAll(/[A-Z]/g, (x) => `-${x.toLowerCase()}`)}`,
    env: env ?? '',
    standard: setting.default === undefined ? expect.any(String) : shown(setting.default),
  }));
  expect(documented).toEqual(expected);
  expect(text).toContain(`\`${otherSections.join(' ')}\``);
});

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
