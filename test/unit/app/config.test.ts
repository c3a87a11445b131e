import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, type ConfigFlags, type LoadedConfig } from '../../../src/app/config/config.ts';
import { createProject } from '../../support/project.ts';

interface Given {
  files?: Readonly<Record<string, string>>;
  flags?: ConfigFlags;
  env?: NodeJS.ProcessEnv;
  /** Below the project's folder. */
  cwd?: string;
}

async function load({ files = {}, flags = {}, env = {}, cwd = '.' }: Given): Promise<LoadedConfig> {
  const folder = await createProject(files);
  await mkdir(join(folder, cwd), { recursive: true });
  return await loadConfig({ flags, env, cwd: join(folder, cwd) });
}

function origin(config: LoadedConfig, name: string): unknown {
  const { value, from, source } = config.values.find((value) => value.name === name)!;
  return { value, from, source };
}

/** The message of the refusal, without the folder. */
async function refusal(given: Given): Promise<string> {
  const error = await load(given).then(
    () => expect.unreachable('it was accepted'),
    (error: unknown) => error as Error & { code: string },
  );
  expect(error.code).toBe('CONFIG_INVALID');
  return error.message.replaceAll(/\/\S*onejob-test-\w+\//g, '');
}

test('EGO-20 without a file everything has its default', async () => {
  const folder = await createProject({});
  const config = await loadConfig({ flags: {}, env: {}, cwd: folder });
  expect(config).toMatchObject({ root: folder, file: null, url: null, token: null, debug: false });
  expect(config).toMatchObject({ host: '127.0.0.1', port: 9003 });
  expect(config.options).toMatchObject({ store: `sqlite:${folder}/.onejob/onejob.db`, jobs: [], concurrency: 10 });
  expect(config.section('mysql')).toBeUndefined();
  for (const { from } of config.values) expect(from).toBe('default');
});

test('EGO-20 a flag is before the environment, that before the file, that before the default', async () => {
  const files = { 'onejob.config.toml': `store = "sqlite:file.db"\nnode = "file"\n[log]\nlevel = "error"\n` };
  const env = { ONEJOB_STORE: 'memory:', ONEJOB_NODE: 'env' };
  const config = await load({ files, env, flags: { store: 'postgres://me:secret@db/app' } });
  expect(config.options).toMatchObject({ store: 'postgres://me:secret@db/app', node: 'env', log: { level: 'error' } });
  expect(origin(config, 'store')).toEqual({ value: 'postgres://me:***@db/app', from: 'flag', source: '--store' });
  expect(origin(config, 'node')).toEqual({ value: 'env', from: 'env', source: 'ONEJOB_NODE' });
  expect(origin(config, 'log.level')).toEqual({ value: 'error', from: 'file', source: 'onejob.config.toml' });
  expect(origin(config, 'concurrency')).toEqual({ value: 10, from: 'default', source: 'default' });
});

test('EGO-20 every variable of the environment counts, an empty one does not', async () => {
  const env = {
    ONEJOB_STORE: 'memory:',
    ONEJOB_JOBS: '',
    ONEJOB_NODE: 'n1',
    ONEJOB_HOST: '0.0.0.0',
    ONEJOB_PORT: '0',
    ONEJOB_TOKEN: 'hush',
    ONEJOB_LOG_LEVEL: 'warn',
    ONEJOB_LOG_FORMAT: 'json',
    ONEJOB_LOG_DIR: '/var/log/onejob',
  };
  const config = await load({ env });
  expect(config).toMatchObject({ host: '0.0.0.0', port: 0, token: 'hush' });
  expect(config.options).toMatchObject({ store: 'memory:', node: 'n1', jobs: [] });
  expect(config.options.log).toEqual({ level: 'warn', format: 'json', dir: '/var/log/onejob' });
  expect(origin(config, 'http.token')).toEqual({ value: '***', from: 'env', source: 'ONEJOB_TOKEN' });
  expect(JSON.stringify(config.values)).not.toContain('hush');
});

const contents = {
  toml: `concurrency = 3\nredact = ["x-key"]\n[limits]\nlease = "5s"\n[mysql]\nurl = "mysql://db"\n`,
  yaml: `concurrency: 3\nredact: [x-key]\nlimits:\n  lease: 5s\nmysql:\n  url: mysql://db\nnode:\n`,
  json: `{ "concurrency": 3, "redact": ["x-key"], "limits": { "lease": "5s" }, "mysql": { "url": "mysql://db" } }`,
  mjs: `export default { concurrency: 3, redact: ['x-key'], limits: { lease: '5s' }, mysql: { url: 'mysql://db' } };`,
  ts: `const concurrency: number = 3;\nexport default { concurrency, redact: ['x-key'], limits: { lease: '5s' }, mysql: { url: 'mysql://db' } };`,
};

test.each(Object.entries(contents))('EGO-20 a file %s is found by its name, or named', async (ending, content) => {
  const expected = { concurrency: 3, redact: ['x-key'], limits: { lease: '5s' } };
  const found = await load({ files: { [`onejob.config.${ending}`]: content } });
  expect(found.options).toMatchObject(expected);
  expect(found.section('mysql')).toEqual({ url: 'mysql://db' });
  const named = await load({ files: { [`x.${ending}`]: content }, flags: { config: `x.${ending}` } });
  expect(named.options).toMatchObject(expected);
  const byEnv = await load({ files: { [`x.${ending}`]: content }, env: { ONEJOB_CONFIG: `x.${ending}` } });
  expect(byEnv.options).toMatchObject(expected);
});

test('a file in TypeScript may hold jobs, hooks and a log of its own', async () => {
  const config = await load({
    files: {
      'onejob.config.ts': `import { defineJob } from 'onejob';
        const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log, level: 'trace' };
        export default { jobs: [defineJob({ name: 'a', run() {} })], hooks: { onStart() {} }, log };`,
    },
  });
  expect(config.options.jobs).toMatchObject([{ name: 'a' }]);
  expect(config.options.hooks?.onStart).toBeTypeOf('function');
  expect(config.options.log).toHaveProperty('child');
  expect(origin(config, 'jobs')).toMatchObject({ value: ['a'] });
  expect(origin(config, 'hooks')).toMatchObject({ value: ['onStart'] });
});

test('the file is looked for upwards to the package.json, and only there', async () => {
  const files = { 'onejob.config.json': '{"node":"found"}' };
  const inPackage = await load({ files: { ...files, 'package.json': '{}' }, cwd: 'src/deep' });
  expect(inPackage.options.node).toBe('found');
  expect(inPackage.root).toMatch(/onejob-test-\w+$/);
  expect(inPackage.options.store).toBe(`sqlite:${inPackage.root}/.onejob/onejob.db`);
  expect((await load({ files: { ...files, 'app/package.json': '{}' }, cwd: 'app/src' })).file).toBeNull();
  expect((await load({ files, cwd: 'src/deep' })).file).toBeNull();
});

test('two files in one folder are refused', async () => {
  const files = { 'onejob.config.json': '{}', 'onejob.config.toml': '' };
  expect(await refusal({ files })).toMatch(/two config files: onejob.config.json and onejob.config.toml$/);
});

test('paths in a file are relative to its folder, paths of flags and environment to the current one', async () => {
  const files = { 'conf/prod.toml': `store = "sqlite:data/x.db"\njobs = "../jobs"\n[log]\ndir = "/var/log"\n` };
  const byFile = await load({ files, flags: { config: '../conf/prod.toml' }, cwd: 'app' });
  const project = byFile.root.replace(/\/app$/, '');
  expect(byFile.options).toMatchObject({ store: `sqlite:${project}/conf/data/x.db`, jobs: `${project}/jobs` });
  expect(byFile.options.log).toMatchObject({ dir: '/var/log' });
  const byFlag = await load({
    flags: { store: 'sqlite:x.db', jobs: 'src/*.ts' },
    env: { ONEJOB_LOG_DIR: 'logs' },
    cwd: 'app',
  });
  expect(byFlag.options.store).toBe(`sqlite:${byFlag.root}/x.db`);
  expect(byFlag.options.jobs).toBe(`${byFlag.root}/src/*.ts`);
  expect(byFlag.options.log).toMatchObject({ dir: `${byFlag.root}/logs` });
});

test('the project is where its onejob.config is; a file of another name does not move it', async () => {
  const files = { 'a/onejob.config.json': '{}', 'a/jobs/x.txt': '', 'conf/prod.json': '{}', 'jobs/x.txt': '' };
  const project = await load({ files, flags: { config: 'a/onejob.config.json' } });
  expect(project.root).toMatch(/\/a$/);
  expect(project.options.jobs).toBe(join(project.root, 'jobs'));
  const settings = await load({ files, flags: { config: 'conf/prod.json' } });
  expect(settings.root).toMatch(/onejob-test-\w+$/);
  expect(settings.options.jobs).toBe(join(settings.root, 'jobs'));
});

test('EGO-20 a named file that is missing, unreadable or of an unknown kind is refused by its name', async () => {
  expect(await refusal({ flags: { config: 'nope.toml' } })).toBe('the config file nope.toml is not there');
  expect(await refusal({ flags: { config: 'nope.ts' } })).toBe('the config file nope.ts is not there');
  expect(await refusal({ env: { ONEJOB_CONFIG: 'nope/x.json' } })).toBe('the config file nope/x.json is not there');
  expect(await refusal({ files: { 'x.toml/y': '' }, flags: { config: 'x.toml' } })).toMatch(/x\.toml is a folder$/);
  expect(await refusal({ files: { 'x.ini': '' }, flags: { config: 'x.ini' } })).toMatch(/x\.ini is not a config file/);
  expect(await refusal({ files: { 'x.json': '[]' }, flags: { config: 'x.json' } })).toMatch(
    /x\.json holds no settings/,
  );
  expect(await refusal({ files: { 'x.ts': 'export const a = 1;' }, flags: { config: 'x.ts' } })).toMatch(
    /default export/,
  );
});

test.each([
  ['x.toml', 'node = "a"\nport = = 3\n', /^x\.toml:2:\d+: /],
  ['x.yaml', 'node: a\njobs: [a\nstore: b\n', /^x\.yaml:[23]:\d+: /],
  ['x.json', '{\n  "node": "a",\n}\n', /^x\.json:3:1: /],
  ['x.ts', 'const a: number = 1;\n\nexport default { a: };\n', /^x\.ts:3:\d+: syntax error/],
  ['x.mjs', '\n\nthrow new Error("no luck");\n', /^x\.mjs:3:\d+: no luck$/],
])('EGO-20 a mistake in %s is named with its line', async (name, content, message) => {
  expect(await refusal({ files: { [name]: content }, flags: { config: name } })).toMatch(message);
});

test.each([
  ['stroe = "memory:"', 'unknown key stroe in onejob.config.toml; did you mean store?'],
  ['verbose = true', 'unknown key verbose in onejob.config.toml'],
  ['servers = ["a", "b"]', 'unknown key servers in onejob.config.toml'],
  ['[log]\nlevle = "info"', 'unknown key log.levle in onejob.config.toml; did you mean log.level?'],
  ['[limits]\nvalues = 1', 'unknown key limits.values in onejob.config.toml; did you mean limits.value?'],
  ['[http]\nprot = 1', 'unknown key http.prot in onejob.config.toml; did you mean http.port?'],
  ['url = "http://x"', 'unknown key url in onejob.config.toml'],
])('EGO-20 in a section of ours, %j is refused', async (content, message) => {
  expect(await refusal({ files: { 'onejob.config.toml': content } })).toBe(message);
});

test('EGO-20 other sections are the user’s', async () => {
  const content = `[mysql]\nanything = 1\n[[hosts]]\nname = "a"\n[server.governor]\nport = 1\nanything = 1\n[server.http]\nx = 1\n[queues.mail]\nx = 1\n`;
  const config = await load({ files: { 'onejob.config.toml': content } });
  expect(config.section('hosts')).toEqual([{ name: 'a' }]);
  expect(config.section('server')).toMatchObject({ http: { x: 1 } });
  expect(config.section('queues')).toEqual({ mail: { x: 1 } });
  expect(config.section('toString')).toBeUndefined();
});

test('EGO-20 the host and port of ego’s governor are honoured, after our own', async () => {
  const governor = `[server.governor]\nhost = "0.0.0.0"\nport = 9123\nenableSocket = true\n`;
  const config = await load({ files: { 'ego.toml': governor }, flags: { config: 'ego.toml' } });
  expect(config).toMatchObject({ host: '0.0.0.0', port: 9123 });
  expect(origin(config, 'http.port')).toEqual({ value: 9123, from: 'file', source: 'server.governor in ego.toml' });
  const both = await load({ files: { 'ego.toml': `${governor}[http]\nport = 80\n` }, flags: { config: 'ego.toml' } });
  expect(both).toMatchObject({ host: '0.0.0.0', port: 80 });
});

test.each([
  ['concurrency = "ten"', 'concurrency must be a whole number from 1, not "ten" (config.toml)'],
  ['concurrency = "3"', 'concurrency must be a whole number from 1, not "3" (config.toml)'],
  ['concurrency = 0', 'concurrency must be a whole number from 1, not 0 (config.toml)'],
  ['migrate = "never"', 'migrate must be one of auto, manual, not "never" (config.toml)'],
  ['timezone = "Mars/Base"', /^timezone must be the IANA name .*, not "Mars\/Base" \(config\.toml\)$/],
  ['redact = "x"', 'redact must be a list of texts, not "x" (config.toml)'],
  ['node = ""', 'node must be a text that is not empty, not "" (config.toml)'],
  ['log = "debug"', 'log must be a section with names and values, not "debug" (config.toml)'],
  ['[log]\nlevel = "loud"', 'log.level must be one of debug, info, warn, error, silent, not "loud" (config.toml)'],
  ['[limits]\nlease = "soon"', /^limits\.lease must be a duration such as .*, not "soon" \(config\.toml\)$/],
  ['[http]\nport = 70000', 'http.port must be a whole number from 0 to 65535, not 70000 (config.toml)'],
  ['[http]\ntoken = 12345', 'http.token must be a text that is not empty (config.toml)'],
  [
    '[server.governor]\nport = "x"',
    'server.governor.port must be a whole number from 0 to 65535, not "x" (config.toml)',
  ],
  ['store = "onejob.db"', /^store must be a URL .*, not "onejob\.db" \(config\.toml\)$/],
  ['[hooks]\nonStart = "x"', /^hooks must be functions/],
])('EGO-20 %j is refused with what it must be', async (content, message) => {
  const refused = await refusal({ files: { 'config.toml': content }, flags: { config: 'config.toml' } });
  if (typeof message === 'string') expect(refused).toBe(message);
  else expect(refused).toMatch(message);
});

test('EGO-20 a wrong flag or variable is refused by its name', async () => {
  expect(await refusal({ flags: { port: 'abc' } })).toBe('--port must be a whole number from 0 to 65535, not "abc"');
  expect(await refusal({ env: { ONEJOB_PORT: '-1' } })).toBe(
    'ONEJOB_PORT must be a whole number from 0 to 65535, not "-1"',
  );
  expect(await refusal({ flags: { logLevel: 'loud' } })).toMatch(/^--log-level must be one of /);
  expect(await refusal({ env: { ONEJOB_DEBUG: 'perhaps' } })).toBe('ONEJOB_DEBUG must be true or false, not "perhaps"');
  expect(await refusal({ flags: { store: 'postgres//me:secret@db' } })).not.toContain('secret');
});

test.each(['ONEJOB_DEBUG', 'EGO_DEBUG'])('EGO-20 %s=true is a readable log of everything', async (variable) => {
  const files = { 'onejob.config.toml': `[log]\nlevel = "error"\nformat = "json"\n` };
  const config = await load({ files, env: { [variable]: 'true' } });
  expect(config.debug).toBe(true);
  expect(config.options.log).toEqual({ level: 'debug', format: 'pretty' });
  expect(origin(config, 'log.level')).toEqual({ value: 'debug', from: 'env', source: variable });
  const quiet = await load({ files, env: { [variable]: 'true' }, flags: { logLevel: 'warn' } });
  expect(quiet.options.log).toEqual({ level: 'warn', format: 'pretty' });
  expect((await load({ files, env: { [variable]: 'false' } })).options.log).toEqual({ level: 'error', format: 'json' });
});
