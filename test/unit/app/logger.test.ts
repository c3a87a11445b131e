import { existsSync } from 'node:fs';
import { readFile, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLogger, type LoggerOptions } from '../../../src/app/logging/logger.ts';
import type { Log } from '../../../src/ports/log.ts';
import { createProject } from '../../support/project.ts';
import { until } from '../../support/until.ts';

function record(options: LoggerOptions): { log: Log; text: () => string } {
  let text = '';
  const stream = { write: (line: string) => (text += line) };
  const now = (): Date => new Date('2026-01-02T03:04:05.678Z');
  return { log: createLogger({ stream, now, ...options }), text: () => text };
}

/** The only line, as JSON. */
function parsed(text: string): unknown {
  expect(text.endsWith('\n')).toBe(true);
  return JSON.parse(text);
}

test('where nobody reads, a line is JSON with time, level and text', () => {
  const { log, text } = record({});
  log.info('ready', { port: 80, roles: ['worker'] });
  expect(parsed(text())).toEqual({
    time: '2026-01-02T03:04:05.678Z',
    level: 'info',
    msg: 'ready',
    port: 80,
    roles: ['worker'],
  });
});

test('on a terminal a line is for people', () => {
  const { log, text } = record({ isTty: true, color: false });
  log.warn('job file skipped', { file: 'a b.ts', line: 3, error: new Error('no luck'), none: undefined });
  const [first, second, third] = text().split('\n');
  expect(first).toMatch(/^\d\d:\d\d:05\.678 WARN {2}job file skipped file="a b\.ts" line=3 error="no luck"$/);
  expect(second).toBe('    Error: no luck');
  expect(third).toMatch(/^ {8}at /);
});

test('colours are for a terminal that wants them', () => {
  const before = process.env['NO_COLOR'];
  const lineOf = (options: LoggerOptions): string => {
    const { log, text } = record(options);
    log.error('x');
    return text();
  };
  try {
    delete process.env['NO_COLOR'];
    expect(lineOf({ isTty: true })).toContain('\u{1B}[31mERROR\u{1B}[0m');
    expect(lineOf({ isTty: false, format: 'pretty' })).not.toContain('\u{1B}');
    process.env['NO_COLOR'] = '1';
    expect(lineOf({ isTty: true })).not.toContain('\u{1B}');
  } finally {
    if (before === undefined) delete process.env['NO_COLOR'];
    else process.env['NO_COLOR'] = before;
  }
});

test('lines below the level are left out', () => {
  const { log, text } = record({ level: 'warn' });
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  expect(text().match(/"msg":"\w"/g)).toEqual(['"msg":"c"', '"msg":"d"']);
  const silent = record({ level: 'silent' });
  silent.log.error('x');
  expect(silent.text()).toBe('');
});

test('EGO-19 a child adds its fields to each line', () => {
  const { log, text } = record({});
  log.child({ run: 'r1', traceId: 't1' }).child({ step: 's' }).info('x', { run: 'r2' });
  expect(parsed(text())).toMatchObject({ run: 'r2', traceId: 't1', step: 's' });
});

test('a field cannot replace time, level or text', () => {
  const { log, text } = record({});
  log.info('x', { level: 3, msg: 'other' });
  expect(parsed(text())).toMatchObject({ level: 'info', msg: 'x', level_: 3, msg_: 'other' });
});

test.each(['json', 'pretty'] as const)('secrets are not written as %s', (format) => {
  const { log, text } = record({ format });
  const secret = 'geheim';
  log.error(`cannot reach postgres://me:${secret}@db:5432/app and redis://:${secret}@a:1,b:${secret}@c:2`, {
    token: secret,
    url: `https://x/?access_token=${secret}&a=1`,
    headers: { Authorization: secret, 'set-cookie': secret, 'x-api-key': secret },
    config: { dbPassword: secret },
    error: new Error(`mysql://root:${secret}@db`),
  });
  expect(text()).not.toContain(secret);
  expect(text()).toContain('postgres://me:***@db:5432/app');
});

test('what is not JSON does not throw', () => {
  for (const format of ['json', 'pretty'] as const) {
    const { log, text } = record({ format });
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('circle', { circle });
    log.info('odd', { big: 3n, at: new Date(0), map: new Map(), symbol: Symbol('s') });
    log.info('hostile', { field: { toJSON: () => JSON.parse('{') as unknown } });
    expect(text().trim().split('\n')).toHaveLength(3);
    expect(() => {
      log.info('more hostile', {
        get field() {
          throw new Error('gotcha');
        },
      });
    }).not.toThrow();
  }
});

test('a stream that fails does not fail the caller', () => {
  const stream = {
    write: () => {
      throw new Error('EPIPE');
    },
  };
  expect(() => createLogger({ stream }).error('x')).not.toThrow();
});

test('control characters do not reach the terminal', () => {
  const { log, text } = record({ format: 'pretty' });
  log.info('a\u{1B}]0;owned\u{7}b\nc', { field: 'd\u{1B}[2J' });
  expect(text()).toMatch(/a\\x1b\]0;owned\\x07b\n {4}c field=/);
  expect(text()).not.toContain('\u{1B}');
  expect(text()).not.toContain('\u{7}');
});

test('with a folder, lines are also appended to onejob.log as JSON', async () => {
  const folder = await createProject({});
  const dir = join(folder, 'var', 'log');
  const { log, text } = record({ dir, format: 'pretty' });
  log.info('first');
  record({ dir }).log.info('second');
  const lines = (await readFile(join(dir, 'onejob.log'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['first', 'second']);
  expect(text()).toMatch(/INFO {2}first\n$/);
});

test.skipIf(process.platform !== 'linux')(
  'a full disk under the file fails no caller, and the stream has the line',
  async () => {
    const dir = await createProject({});
    await symlink('/dev/full', join(dir, 'onejob.log'));
    const { log, text } = record({ dir });
    expect(() => log.error('still here')).not.toThrow();
    expect(parsed(text())).toMatchObject({ msg: 'still here' });
  },
);

test('a folder that cannot be written is refused', async () => {
  const folder = await createProject({ 'in-the-way': '' });
  const dir = join(folder, 'in-the-way');
  expect(() => createLogger({ dir })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`the log file ${join(dir, 'onejob.log')} cannot be written`) as string,
    }) as Error,
  );
});

test.skipIf(process.platform !== 'linux')('a folder that the system never makes is refused, too', () => {
  expect(() => createLogger({ dir: '/proc/onejob/log' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

test('a file that was moved away to be kept is followed by a new one, and no line is lost', async () => {
  const dir = await createProject({});
  const { log } = record({ dir });
  const [current, kept] = [join(dir, 'onejob.log'), join(dir, 'onejob.log.1')];
  let lines = 0;
  const write = () => log.info(`line ${++lines}`);
  write();
  await rename(current, kept);
  await until('a new file is written', () => {
    write();
    return existsSync(current);
  });
  write();
  const texts = await Promise.all([kept, current].map((file) => readFile(file, 'utf8')));
  const written = texts
    .join('')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(written).toEqual(Array.from({ length: lines }, (_, i) => `line ${i + 1}`));
});

test('the name of a field cannot move the cursor of who reads', () => {
  const { log, text } = record({ isTty: true, color: false });
  log.info('got', { '\u001b[2J\u001b]0;pwned\u0007': 1, 'two\nlines': 2, plain: 3 });
  expect(text()).not.toContain('\u001b');
  expect(text().split('\n')).toHaveLength(2);
  expect(text()).toMatch(/"two\\nlines"=2 plain=3/);
});

test.each([
  ['postgres://u:pa/S3cret@h:1/db', 'postgres://u:***@h:1/db'],
  ['postgres://u:p@ss@h/db', 'postgres://u:***@h/db'],
  ['http://h:9003/runs/@me', 'http://h:9003/runs/@me'],
])('of the URL %s the password is hidden, and nothing else', (given, shown) => {
  const { log, text } = record({});
  log.info(given);
  expect(parsed(text())).toMatchObject({ msg: shown });
});
