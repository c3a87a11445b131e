import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { nextCommands, textsFor } from '../../scripts/demo/words.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Ended {
  code: number | null;
  text: string;
}

function call(program: string, args: readonly string[], locale: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { LANG: _, LC_ALL: __, LC_MESSAGES: ___, ...env } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env: { ...env, ...locale } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more) => (text += more));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
}

const demo = (locale: Readonly<Record<string, string>>) =>
  call(process.execPath, ['scripts/demo.mjs', '--no-build'], locale);

// Each of its commands is a process.
describe('the demo', { timeout: 300_000 }, () => {
  test('shows a run, a mistake, a takeover and a replay over HTTP, ends by itself, and leaves nothing behind', async () => {
    const { code, text } = await demo({ LANG: 'en_US.UTF-8' });
    expect(code, text).toBe(0);
    const lines = text.split('\n');
    expect(lines[0]).toMatch(/takes about \d+ seconds and ends by itself/);

    expect(lines).toContain('$ onejob run access-log access.log --top 3 > traffic.json');
    expect(text).toMatch(/2026-01-01 +99,\d+ +1\.8\d GB/);
    expect(text).toContain('onejob: access-log has no flag --topp; did you mean --top?');
    expect(text).toMatch(/^\S{36}\taccess-log\tsucceeded\tcli\t/m);

    const pids = [...text.matchAll(/^ +order \d+ {2}billed by process (\d+)$/gm)].map(([, pid]) => pid);
    expect(pids).toHaveLength(5);
    const [first, , , , last] = pids;
    expect(first).not.toBe(last);
    expect(lines).toContain(`$ kill -9 ${first}`);
    expect(text).toMatch(/^order 103 {2}billed by process \d+ {2}key [0-9a-f-]{36}:bill:103$/m);
    expect(text).toContain('5 orders, 5 bills, by two processes');
    expect(lines.filter((line) => line.startsWith('HTTP/1.1 200'))).toHaveLength(2);
    expect(lines.filter((line) => line === 'x-onejob-replayed: true')).toHaveLength(1);
    expect(lines).toContain('✓ Asked for twice, executed once.');
    for (const command of nextCommands) expect(text).toContain(command);

    const folder = text
      .match(/happens in (\S+), which is removed/)?.[1]
      ?.split('/')
      .at(-1);
    expect(folder).toMatch(/^onejob-demo-/);
    expect(await readdir(tmpdir())).not.toContain(folder);
  });

  test('speaks Chinese where the locale is Chinese', async () => {
    const { code, text } = await demo({ LANG: 'zh_CN.UTF-8' });
    expect(code, text).toBe(0);
    expect(text).toContain('演示约需 15 秒，会自行结束');
    expect(text).toContain('2026-01-01');
    expect(text).toContain('没有一张重复');
    expect(text).toContain('请求了两次，只执行了一次');
    expect(text).not.toMatch(/^[A-Z][a-z]+ [a-z]+ [a-z]+/m); // no sentence of the English demo
  });

  test.each([
    [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
    [{ LANG: 'zh' }, 'zh'],
    [{ LANG: 'zh_TW.UTF-8', LC_ALL: 'C.UTF-8' }, 'zh'],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'zh_CN.UTF-8' }, 'zh'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'C' }, 'en'],
    [{}, 'en'],
  ])('in the locale %j it speaks %s', (env, language) => {
    expect(/[一-鿿]/.test(textsFor(env).title)).toBe(language === 'zh');
  });

  test.each(nextCommands)('%s, which it names at the end, works', async (command) => {
    const [, ...args] = command.split(' ');
    const { code, text } = await call(process.execPath, args);
    expect(code, text).toBe(0);
  });
});
