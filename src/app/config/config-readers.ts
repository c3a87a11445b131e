import { isJob, type AnyJob } from '../../job/define.ts';
import type { Hooks } from '../../job/hooks.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import { parseDuration, type Duration } from '../../std/duration.ts';
import { rights, type TokenOptions } from './options.ts';

/** What a setting may be. Flags and environment have only text, so the same reader also reads that. */
export interface Reader<T> {
  /** Completes `… must be`. */
  readonly expects: string;
  /** Undefined when the value is none. */
  read(value: unknown): T | undefined;
  /** The value a text stands for; left out, the text itself. */
  parse?(text: string): unknown;
}

export const text: Reader<string> = {
  expects: 'a text that is not empty',
  read: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
};

export const texts: Reader<readonly string[]> = {
  expects: 'a list of texts',
  read: (value) => (Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined),
  parse: (text) => text.split(','),
};

export function oneOf<T extends string>(...names: readonly T[]): Reader<T> {
  return { expects: `one of ${names.join(', ')}`, read: (value) => names.find((name) => name === value) };
}

export function whole(from: number, to = Number.MAX_SAFE_INTEGER): Reader<number> {
  return {
    expects: to === Number.MAX_SAFE_INTEGER ? `a whole number from ${from}` : `a whole number from ${from} to ${to}`,
    read: (value) => (Number.isSafeInteger(value) && within(value as number, from, to) ? (value as number) : undefined),
    parse: (text) => (/^\d+$/.test(text) ? Number(text) : text),
  };
}

function within(value: number, from: number, to: number): boolean {
  return value >= from && value <= to;
}

export const flag: Reader<boolean> = {
  expects: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
  parse: (text) => {
    if (/^(?:true|1|yes|on)$/i.test(text)) return true;
    return /^(?:false|0|no|off)$/i.test(text) ? false : text;
  },
};

export const duration: Reader<Duration> = {
  expects: "a duration such as '500ms', '10s' or '5m'",
  read: (value) => {
    if (typeof value !== 'number' && typeof value !== 'string') return undefined;
    try {
      parseDuration(value);
    } catch {
      return undefined;
    }
    return value as Duration;
  },
};

export const timezone: Reader<string> = {
  expects: 'the IANA name of a time zone, such as Europe/Berlin or Asia/Shanghai',
  read: (value) => {
    if (typeof value !== 'string') return undefined;
    try {
      new Intl.DateTimeFormat('en', { timeZone: value }).format(0);
    } catch {
      return undefined;
    }
    return value;
  },
};

export const store: Reader<string | Store> = {
  expects: 'a URL such as sqlite:PATH, postgres://… or mysql://…',
  read: (value) => {
    if (typeof value === 'string') return /^[a-z][a-z0-9+-]+:/i.test(value) ? value : undefined;
    return hasFunction(value, 'submit') ? (value as Store) : undefined;
  },
};

export const jobs: Reader<string | readonly AnyJob[]> = {
  expects: 'a folder, a file or a pattern, or a list of jobs',
  read: (value) => (Array.isArray(value) ? (value.every(isJob) ? value : undefined) : text.read(value)),
};

export const tokens: Reader<readonly TokenOptions[]> = {
  expects: `a list of { token, rights, name }, rights being a list of ${rights.join(', ')}`,
  read: (value) => (Array.isArray(value) && value.every(isToken) ? value : undefined),
};

function isToken(value: unknown): value is TokenOptions {
  if (typeof value !== 'object' || value === null) return false;
  const { token, rights: given, name, ...others } = value as Record<string, unknown>;
  if (text.read(token) === undefined || Object.keys(others).length > 0) return false;
  if (name !== undefined && text.read(name) === undefined) return false;
  return Array.isArray(given) && given.length > 0 && given.every((each) => rights.some((right) => right === each));
}

export const hooks: Reader<Hooks> = {
  expects: 'functions called onStart, beforeRun, afterRun or onStop',
  read: (value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const known = Object.entries(value).every(([name, hook]) => hookNames.has(name) && typeof hook === 'function');
    return known ? value : undefined;
  },
};

const hookNames = new Set(['onStart', 'beforeRun', 'afterRun', 'onStop']);

/** True for a program's own log, given in place of the settings of ours. */
export function isLog(value: unknown): value is Log {
  return hasFunction(value, 'info') && hasFunction(value, 'child');
}

function hasFunction(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[name] === 'function';
}
