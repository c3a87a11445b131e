import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/app/client/create-client.ts';
import { createInstalled, onejob, startOnejob, type Ended } from '../support/onejob.ts';
import { openMysqlDatabase, postgresUrl, uniqueName } from '../support/servers.ts';
import { until } from '../support/until.ts';

/** As the document of vtask has it. */
const table = `CREATE TABLE \`task\` (
  \`id\` int(11) unsigned NOT NULL AUTO_INCREMENT,
  \`uuid\` varchar(64) NOT NULL DEFAULT '',
  \`name\` varchar(64) NOT NULL DEFAULT '',
  \`step\` int(11) NOT NULL,
  \`status\` int(11) NOT NULL DEFAULT '0',
  \`responses\` text NOT NULL,
  \`input\` text NOT NULL,
  \`host\` varchar(64) NOT NULL DEFAULT '',
  \`create_time\` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  \`update_time\` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (\`id\`),
  UNIQUE KEY \`uidx_uuid\` (\`uuid\`),
  KEY \`idx_host_status\` (\`host\`,\`status\`)
) DEFAULT CHARSET=utf8mb4`;

const files = {
  'jobs/test-job.job.mjs': `
    import { appendFileSync } from 'node:fs';
    import { definePipeline } from 'onejob';
    const did = (context, what) => (appendFileSync('did', context.Id + ' ' + what + '\\n'), { ...context, Input: context.Input + what });
    export default definePipeline({ name: 'test-job' })
      .step('one', (context) => did(context, 'a'))
      .step('two', (context) => did(context, 'b'))
      .step('three', (context) => did(context, 'c'))
      .onSuccess(({ output }) => appendFileSync('did', output.Id + ' called back\\n'));`,
};

interface Row {
  uuid: string;
  name?: string;
  step: number;
  status: number;
  input: string;
}

const rows: Row[] = [
  { uuid: 'done', step: 4, status: 2, input: '{"Id":"done","Input":"你好 😀"}' },
  { uuid: 'broken', step: 2, status: 1, input: '{"Id":"broken","Input":"a"}' },
  { uuid: 'new', step: 1, status: 0, input: '{"Id":"new","Input":""}' },
  { uuid: 'half', step: 3, status: 0, input: '{"Id":"half","Input":"ab"}' },
  { uuid: 'nearly', step: 4, status: 0, input: '{"Id":"nearly","Input":"abc"}' },
];

/** A database as vtask leaves it, and a project that takes it over. */
async function openHarness(store: string, more: readonly Row[] = []) {
  const database = await openMysqlDatabase('vtask');
  const old = await mysql.createConnection(database.url);
  onTestFinished(async () => {
    await old.end();
    await database.close();
  });
  await old.query(table);
  for (const { uuid, name = 'test_job', step, status, input } of [...rows, ...more]) {
    await old.query('insert into task (uuid, name, step, status, responses, input, host) values (?,?,?,?,?,?,?)', [
      uuid,
      name,
      step,
      status,
      'null',
      input,
      '10.0.0.1:80',
    ]);
  }
  const cwd = await createInstalled({ ...files, 'onejob.config.json': JSON.stringify({ store }) });
  const take = (...args: string[]) => onejob(['db', 'import', 'vtask', '--from', database.url, ...args], { cwd });
  const contents = async () => JSON.stringify((await old.query('select * from task order by id'))[0]);
  return { cwd, url: database.url, take, contents };
}

const parsed = ({ stdout }: Ended) => JSON.parse(stdout) as Record<string, unknown>;

const stores = {
  sqlite: () => 'sqlite:here.db',
  postgres: () => `${postgresUrl()}?schema=${uniqueName('vtask')}`,
};

describe.each(Object.keys(stores) as (keyof typeof stores)[])('tasks of vtask in a store on %s', (kind) => {
  test('VT-23 finished ones are finished runs, the others go on at their step; again nothing comes twice', async () => {
    const { cwd, take, contents } = await openHarness(stores[kind]());
    const before = await contents();
    const counts = { succeeded: 1, failed: 1, goingOn: 3, existing: 0, leftOut: [] };
    expect(parsed(await take('--dry-run', '--json'))).toEqual({ v: 1, ...counts, dryRun: true });
    expect(parsed(await onejob(['runs', 'list', '--json'], { cwd }))['items']).toEqual([]);
    expect(parsed(await take('--json'))).toEqual({ v: 1, ...counts, dryRun: false });

    const show = async (key: string) => parsed(await onejob(['runs', 'show', key, '--json'], { cwd }));
    const keysOf = (run: Record<string, unknown>) => (run['steps'] as { key: string }[]).map(({ key }) => key);
    const done = await show('done');
    expect(done).toMatchObject({ job: 'test-job', state: 'succeeded', output: { Id: 'done', Input: '你好 😀' } });
    expect(keysOf(done)).toEqual(['one', 'two', 'three']);
    const broken = await show('broken');
    expect(broken).toMatchObject({ state: 'failed', error: { message: 'failed in vtask at step 2' } });
    expect(keysOf(broken)).toEqual(['one']);

    expect((await take()).stdout).toBe('0 tasks taken over: 0 succeeded, 0 failed, 0 go on\n5 are here already\n');
    expect(await contents()).toBe(before);

    startOnejob(['start', '--json', '--roles', 'worker'], { cwd });
    for (const key of ['new', 'half', 'nearly']) await onejob(['runs', 'wait', key], { cwd });
    const did = async () =>
      (await onejob([], { cwd, program: await printer(cwd) })).stdout.split('\n').filter(Boolean).toSorted();
    await until(
      'all are called back',
      async () => (await did()).filter((line) => line.endsWith('back')).length === 3,
      30_000,
    );
    expect(await did()).toEqual(
      ['new a', 'new b', 'new c', 'half c', 'new called back', 'half called back', 'nearly called back'].toSorted(),
    );
    expect(await show('half')).toMatchObject({ state: 'succeeded', output: { Id: 'half', Input: 'abc' } });
    expect(keysOf(await show('half'))).toEqual(['one', 'two', 'three']);

    // Restarted at a step that vtask has done, it is done here; a retry begins where vtask failed.
    await onejob(['runs', 'restart', 'done', '--from', '3'], { cwd });
    await onejob(['runs', 'retry', 'broken'], { cwd });
    for (const key of ['done', 'broken']) await onejob(['runs', 'wait', key], { cwd });
    expect(await show('done')).toMatchObject({ state: 'succeeded', output: { Input: '你好 😀c' } });
    expect(await show('broken')).toMatchObject({ state: 'succeeded', output: { Input: 'abc' } });
    // Then from a step that was done here on: what vtask has done before it stays.
    await onejob(['runs', 'restart', 'broken', '--from', 'two'], { cwd });
    await onejob(['runs', 'wait', 'broken'], { cwd });
    const again = (await did()).filter((line) => /^broken [abc]$/.test(line));
    expect(again.toSorted()).toEqual(['broken b', 'broken b', 'broken c', 'broken c']);
  }, 120_000);
});

/** A program that prints what the steps did. */
async function printer(cwd: string): Promise<string> {
  const file = join(cwd, 'print.mjs');
  await writeFile(
    file,
    `import { readFileSync, existsSync } from 'node:fs'; if (existsSync('did')) process.stdout.write(readFileSync('did'));`,
  );
  return file;
}

test('VT-23 an import that is killed between its commits leaves nothing that would begin anew', async () => {
  const store = 'sqlite:here.db';
  const { cwd, url, take } = await openHarness(store);
  const killed = await onejob(['db', 'import', 'vtask', '--from', url], {
    cwd,
    env: { ONEJOB_FAILPOINTS: 'store.record.before=kill' },
  });
  expect(killed.code).toBe(null);
  expect(parsed(await take('--json'))).toMatchObject({ existing: 5, leftOut: [] });
  startOnejob(['start', '--json', '--roles', 'worker'], { cwd });
  const client = createClient({ store: `sqlite:${join(cwd, 'here.db')}` });
  for (const { uuid } of rows) await client.wait(uuid);
  expect((await client.getMany(rows.map(({ uuid }) => uuid))).map((run) => run?.state)).toEqual([
    'succeeded',
    'failed',
    'succeeded',
    'succeeded',
    'succeeded',
  ]);
  const did = (await onejob([], { cwd, program: await printer(cwd) })).stdout;
  expect(did).not.toMatch(/^(done|broken) [abc]$/m);
  await client.close();
});

test('VT-23 rows that cannot be taken over are named with the reason, the others are', async () => {
  const { take } = await openHarness('sqlite:here.db', [
    { uuid: 'strange', name: 'nobody_knows', step: 1, status: 0, input: '{}' },
    { uuid: 'far', step: 9, status: 0, input: '{}' },
    { uuid: 'torn', step: 1, status: 0, input: '{"a":' },
  ]);
  const ended = await take();
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/^5 tasks taken over/);
  expect(ended.stdout).toMatch(/^left out: strange: no job is called nobody_knows/m);
  expect(ended.stdout).toMatch(/^left out: far: its step is 9, and test-job has 3$/m);
  expect(ended.stdout).toMatch(/^left out: torn: its input is not JSON$/m);
});

test('VT-23 a server that cannot be read is told in one sentence', async () => {
  const { cwd, url } = await openHarness('sqlite:here.db');
  const take = async (change: (from: URL) => void, ...args: string[]) => {
    const from = new URL(url);
    change(from);
    return await onejob(['db', 'import', 'vtask', '--from', from.href, ...args], { cwd });
  };
  expect(await take((from) => void (from.port = '1'))).toMatchObject({ code: 5 });
  expect(await take((from) => void (from.username = 'nobody'))).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/refuses user or password/) as string,
  });
  expect(await take((from) => void (from.pathname = '/nowhere'))).toMatchObject({ code: 2 });
  expect((await take(() => undefined, '--table', 'nothing')).stderr).toMatch(
    /has no table nothing\n +name it with --table/,
  );
  expect((await onejob(['db', 'import', 'vtask'], { cwd })).code).toBe(2);
});

test('a caller cannot pass over steps by the header of an import', async () => {
  const cwd = await createInstalled(files);
  const args = ['run', 'test-job', '--data', '{"Id":"x","Input":""}', '--header', 'onejob-imported: step=4', '--json'];
  const [run] = parsed(await onejob(args, { cwd }))['runs'] as { output: { Input: string } }[];
  expect(run?.output.Input).toBe('abc');
});
