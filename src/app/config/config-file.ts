import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { OnejobError } from '../../job/errors.ts';

export interface ConfigFile {
  readonly path: string;
  /** How messages name it: relative where it lies below the folder the command was called in. */
  readonly shown: string;
}

/**
 * The project's folder, where `jobs` and `.onejob` are looked for: that of a file called `onejob.config.*`, wherever
 * the command is called. A file of another name (`--config=config/prod.toml`) is no landmark: then the current folder.
 */
export function rootOf(file: ConfigFile | null, cwd: string): string {
  return file && candidate.test(basename(file.path)) ? dirname(file.path) : cwd;
}

/**
 * The file that was named, or the `onejob.config.*` of this folder or of one above it, up to the folder with the
 * package.json. Without a package.json nothing above is looked at: a stranger's file in /tmp must not be run.
 *
 * @throws CONFIG_INVALID when a folder has two
 */
export async function findConfigFile(named: string | undefined, cwd: string): Promise<ConfigFile | null> {
  if (named !== undefined) return configFile(resolve(cwd, named), cwd);
  for (const folder of [cwd, ...foldersAbove(cwd)]) {
    const entries = await readdir(folder).catch(() => []);
    const [first, second] = entries.filter((name) => candidate.test(name)).toSorted();
    if (first && second) {
      throw new OnejobError('CONFIG_INVALID', `${folder} has two config files: ${first} and ${second}`, {
        hint: 'remove one of them, or name one with --config',
      });
    }
    if (first) return configFile(join(folder, first), cwd);
  }
  return null;
}

const candidate = /^onejob\.config\.(?:ts|mts|js|mjs|json|toml|yaml|yml)$/;

function foldersAbove(cwd: string): string[] {
  const folders: string[] = [];
  let folder = cwd;
  while (!existsSync(join(folder, 'package.json'))) {
    if (dirname(folder) === folder) return [];
    folders.push((folder = dirname(folder)));
  }
  return folders;
}

function configFile(path: string, cwd: string): ConfigFile {
  const inside = relative(cwd, path);
  return { path, shown: inside.startsWith('..') ? path : inside };
}

/**
 * What stands in it. Parsers are loaded only for a file that needs one: the YAML library alone takes 20 ms.
 *
 * @throws CONFIG_INVALID naming the file, and the line where the parser tells it
 */
export async function readConfigFile(file: ConfigFile): Promise<Record<string, unknown>> {
  const ending = extname(file.path).slice(1);
  const read = readers[ending];
  if (!read) {
    throw new OnejobError('CONFIG_INVALID', `${file.shown} is not a config file: .${ending} is not known`, {
      hint: `its ending is one of ${Object.keys(readers).join(', ')}`,
    });
  }
  const content = await read(file);
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { ...content };
  throw new OnejobError('CONFIG_INVALID', `${file.shown} holds no settings: an object with names is expected`);
}

const readers: Readonly<Record<string, (file: ConfigFile) => Promise<unknown>>> = {
  ts: readModule,
  mts: readModule,
  js: readModule,
  mjs: readModule,
  json: readJson,
  toml: readToml,
  yaml: readYaml,
  yml: readYaml,
};

async function readModule(file: ConfigFile): Promise<unknown> {
  await readText(file); // a missing file is said as such, not as a module that cannot be found
  const { loadModule } = await import('../../plugins/load.ts');
  try {
    const module = await loadModule(file.path, { cacheDir: join(dirname(file.path), '.onejob', 'cache') });
    if ('default' in module) return module['default'];
  } catch (cause) {
    const { problemOf } = await import('../../plugins/problem.ts');
    const { line, column, message } = problemOf(file.path, cause);
    throw unreadable(file, message, { line, column, cause });
  }
  throw new OnejobError('CONFIG_INVALID', `${file.shown} has no default export`, {
    hint: 'write: export default defineConfig({ … })',
  });
}

async function readJson(file: ConfigFile): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    const before = position === undefined ? undefined : text.slice(0, Number(position)).split('\n');
    const line = before ? before.length : null;
    const column = before ? (before.at(-1)?.length ?? 0) + 1 : null;
    throw unreadable(file, message.replace(/ in JSON at position.*$/, ''), { line, column, cause });
  }
}

async function readToml(file: ConfigFile): Promise<unknown> {
  const text = await readText(file);
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [message = ''] = cause.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw unreadable(file, message, { line: cause.line, column: cause.column, cause });
  }
}

async function readYaml(file: ConfigFile): Promise<unknown> {
  const text = await readText(file);
  const { parse, YAMLParseError } = await import('yaml');
  try {
    return parse(text) ?? {};
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    const [start] = cause.linePos ?? [];
    const message = (cause.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:$/, '');
    throw unreadable(file, message, { line: start?.line ?? null, column: start?.col ?? null, cause });
  }
}

async function readText(file: ConfigFile): Promise<string> {
  try {
    return (await readFile(file.path, 'utf8')).replace(/^\u{FEFF}/u, '');
  } catch (cause) {
    const why = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? (cause as Error).message;
    throw new OnejobError('CONFIG_INVALID', `the config file ${file.shown} ${why}`, { cause });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
};

function unreadable(
  file: ConfigFile,
  message: string,
  at: { line: number | null; column: number | null; cause: unknown },
): OnejobError {
  const place = [file.shown, at.line, at.column].filter((part) => part !== null).join(':');
  return new OnejobError('CONFIG_INVALID', `${place}: ${message}`, { cause: at.cause });
}
