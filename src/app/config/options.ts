import type { AnyJob } from '../../job/define.ts';
import type { Hooks } from '../../job/hooks.ts';
import type { Log, LogLevel } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { Duration } from '../../std/duration.ts';
import type { Role } from './role.ts';

/** What `createApp` takes and what `onejob.config.*` holds: the same names, the same meaning. */
export interface AppOptions {
  /** Label of this worker; an explicit one replaces a living worker of the same name. */
  node?: string;
  /** Jobs, or where their files are: a folder, a file or a pattern. Default `jobs`. */
  jobs?: readonly AnyJob[] | string;
  /** A URL (`sqlite:PATH`, `memory:`, `postgres://…`, `mysql://…`) or an opened store. Default `sqlite:.onejob/onejob.db`. */
  store?: string | Store;
  /** `manual`: never migrate by itself. Default `auto`. */
  migrate?: 'auto' | 'manual';
  hooks?: Hooks;
  log?: Log | LogOptions;
  /** IANA name; default that of the process. */
  timezone?: string;
  /** Runs at once per worker; default 10. */
  concurrency?: number;
  limits?: LimitOptions;
  /** How long and how many finished runs are kept. */
  keep?: KeepOptions;
  /** `exit`: end the process when its main loop has stood still for 5 minutes. */
  onStall?: 'warn' | 'exit';
  /** Names of headers that are never stored, besides those that never are. */
  redact?: readonly string[];
  /** What `start` does. Default `worker`, and `http` where there are settings of it. */
  roles?: readonly Role[];
  http?: HttpOptions;
}

export interface HttpOptions {
  /** Bind address; default 127.0.0.1. Any but a loopback one needs a token, or `insecure`. */
  host?: string;
  /** Default 9003; 0 picks a free one. */
  port?: number;
  /** A caller with this token may do everything. */
  token?: string;
  /** Tokens with rights of their own, besides `token`. */
  tokens?: readonly TokenOptions[];
  /** Serves without a token on any address. */
  insecure?: boolean;
  /** What ego's route does with a RunID that it has seen: `join` and replay (default), or `run` again as ego did. */
  sameRunId?: 'join' | 'run';
  /** Profiles, running runs and settings: the routes below `/debug` and `/config`. Default: the first two, on a loopback address. */
  debug?: boolean;
}

/** `read` looks, `trigger` also starts runs, `write` does everything. */
export const rights = ['read', 'trigger', 'write'] as const;
export type Right = (typeof rights)[number];

export interface TokenOptions {
  token: string;
  rights: readonly Right[];
  /** Who asks, for the record. */
  name?: string;
}

export interface LogOptions {
  level?: LogLevel;
  /** `pretty` on a terminal, else `json`. */
  format?: 'pretty' | 'json';
  /** Also written to `onejob.log` in this folder. */
  dir?: string;
}

export interface LimitOptions {
  /** Bytes of an input, a step's result, an output; default 1 MiB. */
  value?: number;
  /** Bytes of a run's log that are kept, over all its attempts, head and tail of each; default 16 MiB. */
  output?: number;
  /** How long a worker may be silent before others take its runs over; default 10 s. */
  lease?: Duration;
  /** How long an attempt that only waits stays in memory before it parks; default 5 s. */
  parkAfter?: Duration;
}

export interface KeepOptions {
  /** Default 30 d. */
  succeeded?: Duration;
  /** Failed and cancelled; default 90 d. */
  failed?: Duration;
  /** Default 1,000,000 each. */
  succeededRuns?: number;
  failedRuns?: number;
}
