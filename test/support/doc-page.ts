import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { matches, readBlocks, readCommands, type Block, type Command } from './doc-blocks.ts';
import { createInstalled } from './onejob.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Does what a page says, in a fresh project, from top to bottom: writes its files, calls its commands and compares what
 * they print, checks the types of its TypeScript. Answers what is not as the page says.
 * `env` is what the page takes for granted, such as the URL of a database.
 */
export async function tryPage(page: string, env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const port = await freePort();
  // Where a page says 9003, the default, the test has a port of its own.
  const text = (await readFile(join(root, page), 'utf8')).replaceAll(
    /(?<=(?:127\.0\.0\.1|localhost):)9003\b/g,
    String(port),
  );
  const blocks = readBlocks(text);
  const folder = await createInstalled({ 'tsconfig.json': JSON.stringify(tsconfig) });
  await linkTools(folder);
  const faults = blocks
    .filter(isUnsaid)
    .map(({ line }) => `${page}:${line} says neither what to do with it nor why not`);
  for (const block of blocks) {
    if (block.file !== undefined) await put(join(folder, block.file), `${block.text}\n`);
    if (block.check) await put(join(folder, `line-${block.line}.ts`), `${block.text}\nexport {};\n`);
    if (block.run)
      faults.push(
        ...(await callAll(block, { folder, env: { ONEJOB_PORT: String(port), ...env } })).map(
          (fault) => `${page}:${block.line} ${fault}`,
        ),
      );
  }
  if (blocks.some(isTypeScript)) faults.push(...(await checkTypes(folder)).map((fault) => `${page} ${fault}`));
  return faults;
}

const tsconfig = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ['node'],
  },
  include: ['**/*.ts'],
};

/** Code about which its page says nothing would be run by nobody. */
function isUnsaid({ language, file, run, check, skip }: Block): boolean {
  return codes.has(language) && !run && !check && file === undefined && skip === undefined;
}

const codes = new Set(['ts', 'js', 'sh', 'console', 'json', 'toml']);

function isTypeScript({ file, check }: Block): boolean {
  return check || file?.endsWith('.ts') === true;
}

/** As `npm install` would: the command `onejob`, a test runner, the types of Node, and what talks to databases. */
async function linkTools(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  for (const name of ['.bin', '@types']) await mkdir(join(modules, name));
  await symlink(join(root, 'bin/onejob.js'), join(modules, '.bin/onejob'));
  for (const name of [
    'vitest',
    '.bin/vitest',
    '@types/node',
    'pg',
    'mysql2',
    'drizzle-orm',
    'kysely',
    'prom-client',
    '@opentelemetry',
    'hono',
    '@hono',
    'express',
    '@types/express',
  ]) {
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
}

/** Free for as long as the page needs it: below those that the system gives to whoever asks for any. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

async function callAll(block: Block, place: Place): Promise<string[]> {
  const commands = readCommands(block);
  const printed = await inShell(commands, place);
  return commands.flatMap(({ command, prints }, i) => {
    const { lines, code } = printed[i] ?? { lines: [], code: null };
    const wanted = i === commands.length - 1 ? block.exit : 0;
    const said = lines.join('\n');
    if (code !== wanted) return [`${command}: exit code ${code} instead of ${wanted}:\n${said}`];
    if (prints.length > 0 && !matches(prints, lines)) return [`${command}: prints\n${said}`];
    return [];
  });
}

/** One shell for all commands of a block, so that `cd`, variables and what runs in the background hold for the next. */
async function inShell(
  commands: readonly Command[],
  { folder, env }: Place,
): Promise<{ lines: string[]; code: number | null }[]> {
  const mark = '@@@ exit';
  const script = [
    `trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT`,
    ...commands.map(({ command }) => `${command}\nprintf '\\n${mark} %s\\n' "$?"`),
  ];
  const child = spawn('bash', ['-c', script.join('\n')], {
    cwd: folder,
    env: { ...plainEnv(), ...env, PATH: `${join(folder, 'node_modules/.bin')}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const parts = said.split(new RegExp(`\\n${mark} (\\d+)\\n`));
  return commands.map((_, i) => ({
    lines: (parts[2 * i] ?? '').split('\n').filter((line, n, all) => line !== '' || n < all.length - 1),
    code: parts[2 * i + 1] === undefined ? null : Number(parts[2 * i + 1]),
  }));
}

async function checkTypes(folder: string): Promise<string[]> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const child = spawn(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return code === 0 ? [] : said.trim().split('\n');
}

/** Without what this test run was called with, without colours, and in English. */
function plainEnv(): NodeJS.ProcessEnv {
  const strange = /^(ONEJOB_|EGO_|NO_COLOR$|FORCE_COLOR$|VITEST|NODE_OPTIONS$|LC_)/;
  const plain = Object.entries(process.env).filter(([name]) => !strange.test(name));
  return { ...Object.fromEntries(plain), NO_COLOR: '1' };
}
