import type { AnyJob } from '../../job/define.ts';
import { nearest } from '../../job/name.ts';
import type { Behind } from '../command.ts';
import { isList, isSwitch } from './convert.ts';
import { spell, usage, type Flag } from './flag.ts';
import { findField, type Field, type Fields } from './job-fields.ts';
import { kebab, textOf, type FlagToken, type Token, type PositionalToken } from './token.ts';

/** The part of a command line behind a job's name, and what is known of it. */
export interface JobPositionals {
  readonly tail: readonly Token[];
  readonly behind: readonly Behind[];
  /** All flags of the command, to find the nearest one to a wrong flag. */
  readonly ours: readonly Flag[];
  /** The fields of the other jobs of the command line: a flag may be theirs. */
  readonly others: readonly Fields[];
}

/** Texts for the fields of one job. */
export interface Assigned {
  /** By path: `shop`, `address.city`; each with its texts in order. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** Words that a job without a schema gets as its arguments. */
  readonly loose: readonly string[];
}

/**
 * Deals the words and flags behind a job's name out to its fields (contracts GJ-4, GJ-14).
 * @throws USAGE naming what the job does not take, and what is ours and the job's at once
 */
export function assignPositionals(job: AnyJob, fields: Fields | null, positionals: JobPositionals): Assigned {
  for (const each of positionals.behind) refuseShared(job, fields, each);
  const texts = new Map<string, string[]>();
  const add = (path: string, text: string) => texts.set(path, [...(texts.get(path) ?? []), text]);
  const places: PositionalToken[] = [];
  const loose: string[] = [];

  for (let index = 0; index < positionals.tail.length; index++) {
    const token = positionals.tail[index] as Token;
    const next = positionals.tail[index + 1];
    const value = next?.kind === 'positional' && next.at === token.at + 1 ? next : undefined;
    if (token.kind === 'positional') {
      places.push(token);
      continue;
    }
    if (token.after && !job.input) {
      loose.push(textOf(token));
      continue;
    }
    const meaning = findMeaning(fields, token);
    const others = meaning ? undefined : positionals.others.map((other) => findMeaning(other, token)).find(Boolean);
    if (!meaning && !others) unknownFlag(job, fields, token, positionals.ours);
    const takesNext = (meaning ?? others)?.text === undefined;
    if (takesNext && !value) usage(`${token.typed} needs a value; one that begins with a dash is ${token.typed}=VALUE`);
    if (meaning) add(meaning.path, meaning.text ?? value?.text ?? '');
    if (takesNext) index++;
  }

  for (const [index, positional] of places.entries()) {
    const field = fields && positionalAt(fields, index);
    if (field) add(field.name, positional.text);
    else if (!job.input) loose.push(positional.text);
    else tooManyPositionals(job, fields, positional);
  }
  return { texts, loose };
}

interface Meaning {
  readonly path: string;
  /** Undefined: the next word is the value. */
  readonly text: string | undefined;
}

function findMeaning(fields: Fields | null, token: FlagToken): Meaning | undefined {
  if (token.name.startsWith('input.')) {
    const path = token.name.slice('input.'.length);
    const field = fields && findField(fields, path);
    return field ? meaningOf(field, fields, token) : { path, text: token.value };
  }
  if (!fields) return undefined;
  if (token.dashes === 1) {
    const field = fields.all.find((each) => each.short === token.name);
    return field && meaningOf(field, fields, token);
  }
  const field = findField(fields, token.name);
  if (field) return meaningOf(field, fields, token);
  const negated = /^no[-_](.+)$/.exec(token.name)?.[1];
  const off = negated === undefined || token.value !== undefined ? undefined : findField(fields, negated);
  return off && isSwitch(off.schema, fields.root) ? { path: off.name, text: 'false' } : undefined;
}

function meaningOf(field: Field, fields: Fields, token: FlagToken): Meaning {
  return { path: field.name, text: token.value ?? (isSwitch(field.schema, fields.root) ? 'true' : undefined) };
}

/** A positional field that takes a list and stands last takes all words that are left. */
function positionalAt({ positional, root }: Fields, index: number): Field | undefined {
  const last = positional.at(-1);
  return positional[index] ?? (last && isList(last.schema, root) ? last : undefined);
}

/** A flag that is ours and a field's too says nothing behind the job's name. @throws USAGE */
export function refuseShared(job: AnyJob, fields: Fields | null, { flag, typed }: Behind): void {
  const names = new Set([flag.name, ...(flag.also ?? [])]);
  const item = /^-[^-]$/.test(typed) ? typed.slice(1) : undefined;
  const field = fields?.all.find((each) =>
    item === undefined ? names.has(each.flag) || names.has(`no-${each.flag}`) : each.short === item,
  );
  if (!field) return;
  usage(
    `${typed} is a flag of onejob and a field of ${job.name}`,
    `write ${spell(flag)} before the job's name for onejob, or --input.${field.name} for the job`,
  );
}

function unknownFlag(job: AnyJob, fields: Fields | null, token: FlagToken, ours: readonly Flag[]): never {
  const theirs = fields?.all.map((field) => field.flag) ?? [];
  const shown = token.after ? [] : ours.filter((flag) => !flag.hidden).map((flag) => flag.name);
  const near = nearest(kebab(token.name), [...theirs, ...shown]);
  const maybe = near ? `; did you mean --${near}?` : '';
  if (fields) usage(`${job.name} has no flag ${token.typed}${maybe}`, seeHelp(job));
  const why = job.input ? 'its input has no named fields' : 'it declares no input';
  return usage(`${job.name} has no flag ${token.typed}: ${why}${maybe}`, 'give it --data, or words behind --');
}

function tooManyPositionals(job: AnyJob, fields: Fields | null, positional: PositionalToken): never {
  const taken = fields?.positional.map((field) => `<${field.flag}>`).join(' ') ?? '';
  const takes = taken ? `takes ${taken} only` : 'takes no words';
  return usage(`${job.name} ${takes}: what is '${positional.text}'?`, seeHelp(job));
}

function seeHelp(job: AnyJob): string {
  return `onejob run ${job.name} --help shows what it takes`;
}
