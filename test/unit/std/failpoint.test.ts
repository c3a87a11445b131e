import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { armFailpoint, disarmFailpoints, failpoint } from '../../../src/std/failpoint.ts';

afterEach(disarmFailpoints);

test('a failpoint does nothing unless it is armed', () => {
  expect(failpoint('group.before')).toBeUndefined();
  armFailpoint('group.after', 'throw');
  expect(failpoint('group.before')).toBeUndefined();
  expect(() => failpoint('group.after')).toThrow('failpoint group.after');
  disarmFailpoints();
  expect(failpoint('group.after')).toBeUndefined();
});

test('the first passes may go free, and only some of the others act', () => {
  armFailpoint('third and fourth', 'throw', { after: 2, times: 2 });
  const passes = Array.from({ length: 6 }, () => acts('third and fourth'));
  expect(passes).toEqual([false, false, true, true, false, false]);
});

test('arming again starts anew', () => {
  armFailpoint('again', 'throw', { times: 1 });
  expect([acts('again'), acts('again')]).toEqual([true, false]);
  armFailpoint('again', 'throw', { times: 1 });
  expect([acts('again'), acts('again')]).toEqual([true, false]);
});

test('a function may hold up the code that awaits, or throw an error of its own', async () => {
  const order: string[] = [];
  armFailpoint('slow', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push('action');
  });
  await failpoint('slow');
  order.push('code');
  expect(order).toEqual(['action', 'code']);
  armFailpoint('own', () => {
    throw new RangeError('own');
  });
  expect(() => failpoint('own')).toThrow(RangeError);
});

describe('in a process of its own', () => {
  const module = new URL('../../../dist/std/failpoint.js', import.meta.url).href;
  const threePasses = `
    import { failpoint } from '${module}';
    for (const pass of [1, 2, 3]) {
      console.log(pass);
      try { failpoint('x'); } catch (error) { console.log(error.message); }
    }`;

  test('the environment arms them: kill@3 kills at the third pass', async () => {
    expect(await run(threePasses, 'other=throw,x=kill@3')).toEqual({ code: null, signal: 'SIGKILL', out: '1\n2\n3\n' });
  });

  test('throw throws at each pass, throw@2 at the second only', async () => {
    expect(await run(threePasses, 'x=throw')).toMatchObject({
      code: 0,
      out: '1\nfailpoint x\n2\nfailpoint x\n3\nfailpoint x\n',
    });
    expect(await run(threePasses, ' x=throw@2 ')).toMatchObject({ code: 0, out: '1\n2\nfailpoint x\n3\n' });
  });

  test('exit ends the process with code 70', async () => {
    expect(await run(threePasses, 'x=exit@2')).toMatchObject({ code: 70, signal: null, out: '1\n2\n' });
  });

  test.each(['x', 'x=explode', 'x=kill@0', 'x=kill@', '=kill', 'x=throw,,y=throw'])(
    '%j is refused with a sentence',
    async (text) => {
      const { code, err } = await run(threePasses, text, 'err');
      expect(code).toBe(1);
      expect(err).toContain('TypeError: ONEJOB_FAILPOINTS: ');
    },
  );
});

function acts(name: string): boolean {
  try {
    void failpoint(name);
    return false;
  } catch {
    return true;
  }
}

async function run(code: string, failpoints: string, stream: 'out' | 'err' = 'out') {
  const env = { ...process.env, ONEJOB_FAILPOINTS: failpoints };
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { env });
  let text = '';
  child[stream === 'out' ? 'stdout' : 'stderr'].on('data', (chunk) => (text += String(chunk)));
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code: exitCode, signal, [stream]: text };
}
