import { dirname, isAbsolute, resolve } from 'node:path';
import { OnejobError } from '../../job/errors.ts';
import { isTable } from './config-check.ts';
import { rootOf, type ConfigFile } from './config-file.ts';
import { isLog } from './config-readers.ts';
import { settings, type ConfigFlags, type Setting } from './config-settings.ts';
import { maskUrl } from './mask.ts';

export interface Sources {
  readonly flags: ConfigFlags;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly file: ConfigFile | null;
  readonly content: Readonly<Record<string, unknown>>;
}

/** A value and who set it. */
export interface Origin {
  readonly value: unknown;
  readonly from: 'flag' | 'env' | 'file' | 'default';
  /** `--store`, `ONEJOB_STORE`, `onejob.config.toml`, `server.governor in config.toml`, `default` */
  readonly source: string;
}

/**
 * Each setting that has a value, by name: flag before environment before file before default. Every place is checked,
 * also one that another overrules.
 *
 * @throws CONFIG_INVALID with a sentence that says what the value must be
 */
export function resolveSettings(sources: Sources): Map<string, Origin> {
  const resolved = new Map<string, Origin>();
  for (const setting of settings) {
    const origins = [fromFlag(setting, sources), fromEnv(setting, sources), ...fromFile(setting, sources)];
    const origin = origins.find((origin) => origin !== undefined) ?? fromDefault(setting, sources);
    if (origin) resolved.set(setting.name, origin);
  }
  return resolved;
}

function fromFlag(setting: Setting, { flags, cwd }: Sources): Origin | undefined {
  const value = setting.flag && flags[setting.flag];
  if (value === undefined) return undefined;
  const source = `--${(setting.flag ?? '').replaceAll(/[A-Z]/g, (item) => `-${item.toLowerCase()}`)}`;
  return { value: readValue(setting, { value, called: source, cwd }), from: 'flag', source };
}

/** An empty variable is one that is not set. */
function fromEnv(setting: Setting, { env, cwd }: Sources): Origin | undefined {
  const value = setting.env && env[setting.env];
  if (!value || setting.env === undefined) return undefined;
  return { value: readValue(setting, { value, called: setting.env, cwd }), from: 'env', source: setting.env };
}

function fromFile(setting: Setting, sources: Sources): Origin[] {
  const { file, content } = sources;
  if (!file || setting.notInFile) return [];
  const origins: Origin[] = [];
  for (const name of [setting.name, setting.also]) {
    const value = name === undefined ? undefined : valueAt(content, name, file.shown);
    if (name === undefined || value === undefined || value === null) continue;
    const source = name === setting.name ? file.shown : `${name.slice(0, name.lastIndexOf('.'))} in ${file.shown}`;
    const read = readValue(setting, { value, called: name, cwd: dirname(file.path), shown: file.shown });
    origins.push({ value: read, from: 'file', source });
  }
  return origins;
}

function fromDefault(setting: Setting, sources: Sources): Origin | undefined {
  const value = setting.default;
  if (value === undefined) return undefined;
  const path = setting.isPath && typeof value === 'string' ? absolute(value, rootOf(sources.file, sources.cwd)) : value;
  return { value: path, from: 'default', source: 'default' };
}

/** The value at `log.level`. Sections above it must be tables, unless they are the user's. */
function valueAt(content: Readonly<Record<string, unknown>>, name: string, shown: string): unknown {
  let value: unknown = content;
  const parts = name.split('.');
  for (const [index, part] of parts.entries()) {
    if (value === undefined || value === null || isLog(value)) return undefined;
    if (isTable(value)) value = value[part];
    else if (parts[0] === 'server') return undefined;
    else wrong(parts.slice(0, index).join('.'), 'a section with names and values', value, shown);
  }
  return value;
}

function readValue(setting: Setting, at: { value: unknown; called: string; cwd: string; shown?: string }): unknown {
  const isText = at.shown === undefined && typeof at.value === 'string';
  const parsed = isText ? (setting.reader.parse?.(at.value as string) ?? at.value) : at.value;
  const value = setting.reader.read(parsed);
  if (value === undefined) wrong(at.called, setting.reader.expects, setting.isSecret ? undefined : at.value, at.shown);
  return setting.isPath && typeof value === 'string' ? absolute(value, at.cwd) : value;
}

/** A path, or a URL `sqlite:PATH`, as seen from `folder`; other URLs stay as they are. */
function absolute(path: string, folder: string): string {
  const [, scheme = '', rest = path] = /^([a-z][a-z0-9+-]+:)(.*)$/is.exec(path) ?? [];
  if (scheme !== '' && scheme !== 'sqlite:') return path;
  if (rest === '' || rest === ':memory:' || isAbsolute(rest)) return path;
  return scheme + resolve(folder, rest);
}

function wrong(called: string, expects: string, value: unknown, shown: string | undefined): never {
  const not = value === undefined ? '' : `, not ${show(value)}`;
  throw new OnejobError('CONFIG_INVALID', `${called} must be ${expects}${not}${shown ? ` (${shown})` : ''}`);
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value === null ? 'null' : 'a section';
  return typeof value === 'function' ? 'a function' : maskUrl(JSON.stringify(value) ?? typeof value);
}
