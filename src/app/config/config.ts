import { existsSync } from 'node:fs';
import { OnejobError } from '../../job/errors.ts';
import { checkKeys } from './config-check.ts';
import { findConfigFile, readConfigFile, rootOf } from './config-file.ts';
import { flag, isLog } from './config-readers.ts';
import { resolveSettings, type Origin } from './config-resolve.ts';
import type { ConfigFlags } from './config-settings.ts';
import { describeValues, type ConfigValue } from './config-values.ts';
import type { AppOptions, HttpOptions, KeepOptions, LimitOptions, LogOptions } from './options.ts';

export type { ConfigFlags, ConfigValue };

/** Everything that was set: flags before environment before file before defaults (contract EGO-20). */
export interface LoadedConfig {
  /** Ready for `createApp`; paths in it are absolute. */
  readonly options: AppOptions;
  /** The project's folder: where the `onejob.config.*` is, else the current one. */
  readonly root: string;
  readonly file: string | null;
  /** Each setting with its origin, secrets masked, for `onejob config`. */
  readonly values: readonly ConfigValue[];
  /** A section of the file as it stands there, the user's own or one of ours; undefined when there is none. */
  section(name: string): unknown;
  /** A server to talk to instead of a store. */
  readonly url: string | null;
  readonly token: string | null;
  readonly debug: boolean;
  /** The bind address. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads the config file, if there is one, and puts flags and environment above it.
 *
 * @throws CONFIG_INVALID when a file cannot be read, a key is unknown or a value is wrong; the message names the place
 */
export async function loadConfig(from: {
  flags: ConfigFlags;
  env: NodeJS.ProcessEnv;
  cwd: string;
}): Promise<LoadedConfig> {
  const file = await findConfigFile(from.flags.config ?? (from.env['ONEJOB_CONFIG'] || undefined), from.cwd);
  const content = file ? await readConfigFile(file) : {};
  if (file) checkKeys(content, file.shown);
  const debug = debugVariable(from.env);
  const set = withDebug(resolveSettings({ ...from, file, content }), debug);
  const value = <T>(name: string): T => set.get(name)?.value as T;
  return {
    options: appOptions(set, content['log']),
    root: rootOf(file, from.cwd),
    file: file?.path ?? null,
    get values() {
      return describeValues(set);
    },
    section: (name) => (Object.hasOwn(content, name) ? content[name] : undefined),
    url: value<string | undefined>('url') ?? null,
    token: value<string | undefined>('http.token') ?? null,
    debug: debug !== undefined,
    host: value<string>('http.host'),
    port: value<number>('http.port'),
  };
}

/** The variable that switches debugging on, ours or ego's. */
function debugVariable(env: NodeJS.ProcessEnv): string | undefined {
  return ['ONEJOB_DEBUG', 'EGO_DEBUG'].find((name) => {
    const text = env[name];
    if (!text) return false;
    const value = flag.read(flag.parse?.(text));
    if (value !== undefined) return value;
    throw new OnejobError('CONFIG_INVALID', `${name} must be ${flag.expects}, not ${JSON.stringify(text)}`);
  });
}

/** Debugging is a readable log of everything and the routes that show the settings, unless a flag or another variable says otherwise. */
function withDebug(set: Map<string, Origin>, variable: string | undefined): Map<string, Origin> {
  if (variable === undefined) return set;
  const debugging = { 'log.level': 'debug', 'log.format': 'pretty', 'http.debug': true };
  for (const [name, value] of Object.entries(debugging)) {
    const origin = set.get(name);
    if (!origin || origin.from === 'file') set.set(name, { value, from: 'env', source: variable });
  }
  return set;
}

function appOptions(set: ReadonlyMap<string, Origin>, log: unknown): AppOptions {
  const options = take<AppOptions>(set, '', appNames);
  options.limits = take<LimitOptions>(set, 'limits.', ['value', 'output', 'lease', 'parkAfter']);
  options.keep = take<KeepOptions>(set, 'keep.', ['succeeded', 'failed', 'succeededRuns', 'failedRuns']);
  options.http = take<HttpOptions>(set, 'http.', ['host', 'port', 'token', 'tokens', 'insecure', 'sameRunId', 'debug']);
  options.log = isLog(log) ? log : take<LogOptions>(set, 'log.', ['level', 'format', 'dir']);
  // A place that somebody named must be there, the default one need not.
  const jobs = set.get('jobs');
  if (jobs?.from === 'default' && !existsSync(jobs.value as string)) options.jobs = [];
  return options;
}

const appNames = [
  'node',
  'jobs',
  'store',
  'migrate',
  'hooks',
  'timezone',
  'concurrency',
  'onStall',
  'redact',
  'roles',
] as const;

/** Those of a section that have a value. Their types were checked when they were read. */
function take<T extends object>(
  set: ReadonlyMap<string, Origin>,
  section: string,
  names: readonly (keyof T & string)[],
): T {
  const known = names.flatMap((name) => {
    const origin = set.get(section + name);
    return origin ? [[name, origin.value]] : [];
  });
  return Object.fromEntries(known) as T;
}
