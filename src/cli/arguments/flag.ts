import { nearest } from '../../job/name.ts';
import { OnejobError } from '../../job/errors.ts';
import { parseDuration } from '../../std/duration.ts';
import { kebab, type FlagToken } from './token.ts';

/**
 * A flag of ours, as data: parsing, help, completion and the reference all read it. `switch` takes no value, `list`
 * may be repeated, `whole` is a whole number, `duration` a text such as `5m`.
 */
export interface Flag {
  /** kebab-case, without dashes. */
  readonly name: string;
  readonly kind: 'switch' | 'text' | 'list' | 'whole' | 'duration';
  readonly help: string;
  /** What stands for the value in help: `FILE`. */
  readonly value?: string;
  /** One letter, for one dash. */
  readonly short?: string;
  /** Other names for the same. */
  readonly also?: readonly string[];
  readonly oneOf?: readonly string[];
  /** The range of a whole number, both ends included. */
  readonly range?: readonly [min: number, max: number];
  /** Understood for the sake of old command lines, but not shown. */
  readonly hidden?: true;
}

/**
 * The flag that a token means, or undefined. One dash and several letters is Go's spelling (`-job x`, `-log_dir=D`),
 * which the command lines of the seeds use.
 */
export function findFlag(flags: readonly Flag[], token: FlagToken): Flag | undefined {
  if (token.dashes === 1 && token.name.length === 1) return flags.find((flag) => flag.short === token.name);
  const name = kebab(token.name);
  return flags.find((flag) => flag.name === name || flag.also?.includes(name));
}

/** @throws USAGE naming flag and value */
export function checkFlagValue(flag: Flag, typed: string, text: string): void {
  if (flag.oneOf && !flag.oneOf.includes(text)) {
    const near = nearest(text, flag.oneOf);
    usage(`${typed} is one of ${flag.oneOf.join(', ')}, not '${text}'${near ? `; did you mean ${near}?` : ''}`);
  }
  if (flag.kind === 'switch' && text !== 'true' && text !== 'false') {
    usage(`${typed} is a switch: it takes no value, not '${text}'`);
  }
  if (flag.kind === 'duration') {
    try {
      parseDuration(text);
    } catch (cause) {
      usage(`${typed}: ${(cause as Error).message}`);
    }
  }
  if (flag.kind === 'whole') {
    const [min, max] = flag.range ?? [0, Number.MAX_SAFE_INTEGER];
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      const limits = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
      usage(`${typed} is a whole number ${limits}, not '${text}'`);
    }
  }
}

/** The form of a flag in help and in messages: `--data`, or `-p` where it has one letter only. */
export function spell(flag: Flag): string {
  return `--${flag.name}`;
}

/** @throws USAGE always */
export function usage(message: string, hint?: string): never {
  throw new OnejobError('USAGE', message, hint === undefined ? {} : { hint });
}
