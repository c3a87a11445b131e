import { logLevels } from '../../ports/log.ts';
import { duration, flag, hooks, jobs, oneOf, store, text, texts, timezone, tokens, whole } from './config-readers.ts';
import type { Reader } from './config-readers.ts';

/** What the command line may say; names are those of the flags in camel case. */
export interface ConfigFlags {
  config?: string | undefined;
  store?: string | undefined;
  jobs?: string | undefined;
  plugins?: string | undefined;
  node?: string | undefined;
  url?: string | undefined;
  token?: string | undefined;
  logLevel?: string | undefined;
  logFormat?: string | undefined;
  logDir?: string | undefined;
  host?: string | undefined;
  port?: number | string | undefined;
  concurrency?: number | string | undefined;
  onStall?: string | undefined;
  roles?: string | undefined;
  insecure?: boolean | undefined;
}

/** One thing that can be set, and every place where. */
export interface Setting {
  /** Its place in the file, `log.level` for `level` in the section `log`; unless it cannot stand in one. */
  readonly name: string;
  readonly flag?: keyof ConfigFlags;
  readonly env?: string;
  /** Other places in the file that count, after its own. */
  readonly also?: string;
  readonly reader: Reader<unknown>;
  /** Left out, it is decided where it is used: `log.level` by the command, `node` by the machine. */
  readonly default?: unknown;
  /** A path that, when relative, is meant from the folder of the file, or from where the command was called. */
  readonly isPath?: boolean;
  /** Never shown. */
  readonly isSecret?: boolean;
  readonly notInFile?: boolean;
}

/** All of them (contract EGO-20); 9003 is the port of ego's governor. `docs/reference/config.md` lists the same. */
export const settings: readonly Setting[] = [
  { name: 'node', flag: 'node', env: 'ONEJOB_NODE', reader: text },
  { name: 'jobs', flag: 'jobs', env: 'ONEJOB_JOBS', reader: jobs, isPath: true, default: 'jobs' },
  {
    name: 'store',
    flag: 'store',
    env: 'ONEJOB_STORE',
    reader: store,
    isPath: true,
    default: 'sqlite:.onejob/onejob.db',
  },
  { name: 'migrate', reader: oneOf('auto', 'manual'), default: 'auto' },
  { name: 'hooks', reader: hooks },
  { name: 'log.level', flag: 'logLevel', env: 'ONEJOB_LOG_LEVEL', reader: oneOf(...logLevels) },
  { name: 'log.format', flag: 'logFormat', env: 'ONEJOB_LOG_FORMAT', reader: oneOf('pretty', 'json') },
  { name: 'log.dir', flag: 'logDir', env: 'ONEJOB_LOG_DIR', reader: text, isPath: true },
  { name: 'timezone', reader: timezone },
  { name: 'concurrency', flag: 'concurrency', reader: whole(1), default: 10 },
  { name: 'onStall', flag: 'onStall', reader: oneOf('warn', 'exit'), default: 'warn' },
  { name: 'limits.value', reader: whole(1), default: 1024 * 1024 },
  { name: 'limits.output', reader: whole(1), default: 16 * 1024 * 1024 },
  { name: 'limits.lease', reader: duration, default: '10s' },
  { name: 'limits.parkAfter', reader: duration, default: '5s' },
  { name: 'keep.succeeded', reader: duration, default: '30d' },
  { name: 'keep.failed', reader: duration, default: '90d' },
  { name: 'keep.succeededRuns', reader: whole(1), default: 1_000_000 },
  { name: 'keep.failedRuns', reader: whole(1), default: 1_000_000 },
  { name: 'roles', flag: 'roles', reader: texts },
  { name: 'redact', reader: texts, default: [] },
  {
    name: 'http.host',
    flag: 'host',
    env: 'ONEJOB_HOST',
    also: 'server.governor.host',
    reader: text,
    default: '127.0.0.1',
  },
  {
    name: 'http.port',
    flag: 'port',
    env: 'ONEJOB_PORT',
    also: 'server.governor.port',
    reader: whole(0, 65_535),
    default: 9003,
  },
  { name: 'http.tokens', reader: tokens, isSecret: true },
  { name: 'http.insecure', flag: 'insecure', reader: flag },
  { name: 'http.sameRunId', reader: oneOf('join', 'run'), default: 'join' },
  { name: 'http.debug', reader: flag },
  { name: 'http.token', flag: 'token', env: 'ONEJOB_TOKEN', reader: text, isSecret: true },
  // In a file `plugins` is a section, see below.
  { name: 'plugins', flag: 'plugins', reader: text, isPath: true, notInFile: true },
  { name: 'url', flag: 'url', reader: text, notInFile: true },
];

/** Sections of ours that are read elsewhere, and whose keys are checked there. */
export const otherSections: readonly string[] = [
  'lock',
  'queues',
  'services',
  'defaults',
  'plugins',
  'schedules',
  'executor',
];
