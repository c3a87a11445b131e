import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readJobInput } from '../../../src/cli/arguments/job-input.ts';
import { fieldsOf, type Fields } from '../../../src/cli/arguments/job-fields.ts';
import { readLine } from '../../../src/cli/arguments/read-line.ts';
import { asking, everywhere } from '../../../src/cli/our-flags.ts';
import { defineJob, type AnyJob } from '../../../src/job/define.ts';
import type { OnejobError } from '../../../src/job/errors.ts';

const report = defineJob({
  name: 'report',
  input: z.object({
    to: z.string(),
    days: z.int().default(7),
    rate: z.number().optional(),
    dryRun: z.boolean().optional(),
    format: z.enum(['html', 'text']).optional(),
    tag: z.array(z.string()).optional(),
    sizes: z.array(z.number()).optional(),
    since: z.iso.date().optional(),
    limit: z.number().nullable().optional(),
    either: z.union([z.number(), z.string()]).optional(),
    anything: z.unknown().optional(),
    address: z.object({ city: z.string(), zip: z.string().optional(), at: z.array(z.number()).optional() }).optional(),
    labels: z.record(z.string(), z.number()).optional(),
    store: z.string().optional(),
    color: z.boolean().optional(),
  }),
  cli: { positional: ['to', 'tag'], short: { days: 'd', dryRun: 'n' } },
  run: () => undefined,
});

const bare = defineJob({ name: 'bare', run: () => undefined });
const textOnly = defineJob({ name: 'text-only', input: z.string(), run: () => undefined });

interface Flags {
  job?: AnyJob;
  args?: string[];
  hasBody?: boolean;
  others?: AnyJob[];
}

function read(line: string[], { job = report, args, hasBody = false, others = [] }: Flags = {}) {
  const { tail, behind } = readLine(['run', job.name, ...line]);
  const fields = others.map(fieldsOf).filter((each): each is Fields => each !== null);
  return readJobInput(job, { tail, behind, ours: [...everywhere, ...asking], others: fields }, { args, hasBody });
}

const input = (...line: string[]) => read(['ann', ...line]).input;

describe('the fields of a job', () => {
  test('GJ-4 are its flags', () => {
    expect(read(['--to', 'ann', '--days', '3']).input).toEqual({ to: 'ann', days: 3 });
    expect(read(['--to=ann', '--days=3']).input).toEqual({ to: 'ann', days: 3 });
    expect(input('--rate', '-1.5e3')).toEqual({ to: 'ann', rate: -1500 });
    expect(input('--since', '2026-01-01')).toEqual({ to: 'ann', since: '2026-01-01' });
    expect(input('--format', 'text')).toEqual({ to: 'ann', format: 'text' });
  });

  test('GJ-4 are found in any spelling', () => {
    for (const flag of ['--dry-run', '--dryRun', '--dry_run', '-n']) {
      expect(input(flag)).toEqual({ to: 'ann', dryRun: true });
    }
    expect(input('--no-dry-run')).toEqual({ to: 'ann', dryRun: false });
    expect(input('--no_dry_run')).toEqual({ to: 'ann', dryRun: false });
    expect(input('--dry-run=false')).toEqual({ to: 'ann', dryRun: false });
    expect(input('-d', '3')).toEqual({ to: 'ann', days: 3 });
    expect(input('-d=3')).toEqual({ to: 'ann', days: 3 });
  });

  test('GJ-4 that are lists take a value for each time, or a JSON array', () => {
    expect(read(['--to', 'ann', '--tag', 'a', '--tag', 'b']).input).toEqual({ to: 'ann', tag: ['a', 'b'] });
    expect(input('--sizes', '1', '--sizes', '2')).toEqual({ to: 'ann', sizes: [1, 2] });
    expect(input('--sizes', '[1, 2]')).toEqual({ to: 'ann', sizes: [1, 2] });
  });

  test('GJ-4 are filled by the words behind the name, a last list by all that are left', () => {
    expect(read(['ann', 'a', '--days', '3', 'b']).input).toEqual({ to: 'ann', tag: ['a', 'b'], days: 3 });
  });

  test('GJ-4 take null, the first alternative that fits, and JSON where the schema leaves it open', () => {
    expect(input('--limit', 'null')).toEqual({ to: 'ann', limit: null });
    expect(input('--limit', '3')).toEqual({ to: 'ann', limit: 3 });
    expect(input('--either', '3')).toEqual({ to: 'ann', either: 3 });
    expect(input('--either', 'x')).toEqual({ to: 'ann', either: 'x' });
    expect(input('--anything', '{"a":1}')).toEqual({ to: 'ann', anything: { a: 1 } });
    expect(input('--anything', 'x')).toEqual({ to: 'ann', anything: 'x' });
    expect(input('--address', '{"city":"Rome"}')).toEqual({ to: 'ann', address: { city: 'Rome' } });
  });

  test('GJ-4 are an empty object when nothing is given, so that defaults apply', () => {
    const job = defineJob({ name: 'x', input: z.object({ a: z.int().default(1) }), run: () => undefined });
    expect(read([], { job }).input).toEqual({});
    expect(read([], { job: bare }).input).toBeUndefined();
    expect(read([], { job: textOnly }).input).toBeUndefined();
  });

  test('GJ-4 whose text does not fit are named, all of them at once', () => {
    const error = failure(() =>
      input('--days', 'many', '--rate', '0x1', '--format', 'htm', '--dry-run=2', '--limit=z'),
    );
    expect(error).toMatchObject({ code: 'INPUT_INVALID' });
    expect(error.data).toEqual({
      fields: [
        { path: 'days', message: "'many' is not a whole number" },
        { path: 'rate', message: "'0x1' is not a number" },
        { path: 'format', message: "'htm' is not one of html, text; did you mean html?" },
        { path: 'dryRun', message: "'2' is not true or false" },
        { path: 'limit', message: "'z' is not a number, and 'z' is not null" },
      ],
    });
  });

  test('GJ-4 that are missing, or given twice, are named with the way to give them', () => {
    expect(failure(() => read([])).message).toMatch(
      /to: is missing; give it as a word behind the job's name, or by --to/,
    );
    expect(failure(() => input('--days', '1', '--days', '2')).message).toMatch('days: is given 2 times');
    expect(failure(() => input('--to', 'bob')).message).toMatch('to: is given 2 times');
  });
});

describe('--input.', () => {
  test('GJ-14 reaches every field', () => {
    expect(input('--input.days', '3')).toEqual({ to: 'ann', days: 3 });
    expect(input('--input.address.city', 'Rome', '--input.address.zip=00100')).toEqual({
      to: 'ann',
      address: { city: 'Rome', zip: '00100' },
    });
    expect(input('--input.address.at.0', '1', '--input.address.at.1', '2')).toEqual({
      to: 'ann',
      address: { at: [1, 2] },
    });
    expect(input('--input.labels.a', '1', '--input.labels.b-c', '2')).toEqual({
      to: 'ann',
      labels: { a: 1, 'b-c': 2 },
    });
  });

  test('GJ-14 reaches what a job without a schema is given, JSON where it is JSON', () => {
    expect(read(['--input.a.b=1', '--input.c', 'x'], { job: bare }).input).toEqual({ a: { b: 1 }, c: 'x' });
  });

  test('GJ-14 touches nothing but the input', () => {
    const { input } = read(['--input.__proto__.polluted', 'yes'], { job: bare });
    expect(Object.keys(input as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('GJ-14 names a wrong type and a field that is not there', () => {
    const strict = defineJob({
      name: 'strict',
      input: z.strictObject({ address: z.strictObject({ city: z.string(), floor: z.int().optional() }).optional() }),
      run: () => undefined,
    });
    expect(failure(() => read(['--input.address.cty', 'x'], { job: strict })).message).toMatch(
      'address.cty: there is no field cty; did you mean city?',
    );
    expect(failure(() => read(['--input.address.floor', 'x'], { job: strict })).message).toMatch(
      "address.floor: 'x' is not a whole number",
    );
    expect(failure(() => input('--address', '{"city":"Rome"}', '--input.address.city', 'Oslo')).message).toMatch(
      'address.city: is given twice',
    );
  });

  test('GJ-14 is the way out where a field is called like a flag of ours', () => {
    const error = failure(() => input('--store', 'x'));
    expect(error).toMatchObject({ code: 'USAGE', message: '--store is a flag of onejob and a field of report' });
    expect(error.hint).toBe("write --store before the job's name for onejob, or --input.store for the job");
    expect(input('--input.store', 'x')).toEqual({ to: 'ann', store: 'x' });
    expect(input('--', '--store', 'x')).toEqual({ to: 'ann', store: 'x' });
    expect(failure(() => input('--', '--quiet')).message).toBe('report has no flag --quiet'); // ours is no help here
    expect(failure(() => input('--no-color')).message).toBe('--no-color is a flag of onejob and a field of report');
  });

  test('GJ-14 has the same rule for one mailbox item', () => {
    const job = defineJob({
      name: 'x',
      input: z.object({ path: z.string().optional() }),
      cli: { short: { path: 'p' } },
      run: () => undefined,
    });
    expect(failure(() => read(['-p', '4'], { job })).message).toBe('-p is a flag of onejob and a field of x');
    expect(read(['--', '-p', 'x'], { job }).input).toEqual({ path: 'x' });
  });
});

describe('a job', () => {
  test('refuses flags it does not have, with the nearest', () => {
    expect(failure(() => input('--dayz', '1'))).toMatchObject({
      code: 'USAGE',
      message: 'report has no flag --dayz; did you mean --days?',
      hint: 'onejob run report --help shows what it takes',
    });
    expect(failure(() => input('--quit')).message).toBe('report has no flag --quit; did you mean --quiet?');
    expect(failure(() => read(['--name', 'x'], { job: bare })).message).toMatch('it declares no input');
    expect(failure(() => read(['--name', 'x'], { job: textOnly })).message).toMatch('its input has no named fields');
    expect(failure(() => input('--days')).message).toMatch('--days needs a value');
    expect(failure(() => input('--days', '--json')).message).toMatch('--days=VALUE');
  });

  test('refuses words it has no place for', () => {
    const job = defineJob({ name: 'x', input: z.object({}), run: () => undefined });
    expect(failure(() => read(['word'], { job })).message).toBe("x takes no words: what is 'word'?");
  });

  test('without a schema gets the words as arguments', () => {
    expect(read(['a', 'b'], { job: bare })).toEqual({ input: undefined, args: ['a', 'b'] });
    expect(read(['--', '--x=1', 'b'], { job: bare })).toEqual({ input: undefined, args: ['--x=1', 'b'] });
  });

  test('takes its input from --data or from flags, not from both', () => {
    expect(read([], { hasBody: true })).toEqual({ input: undefined, args: [] });
    expect(failure(() => read(['--days', '3'], { hasBody: true })).message).toBe(
      'the input of report is given twice: by --data and by days',
    );
  });

  test('leaves to the others of its command line what is theirs', () => {
    const other = defineJob({
      name: 'other',
      input: z.object({ name: z.string().optional(), fast: z.boolean().optional() }),
      run: () => undefined,
    });
    const line = ['--name', 'x', '--fast', '--to', 'ann'];
    expect(read(line, { others: [other] }).input).toEqual({ to: 'ann' });
    expect(read(['--name', 'x', '--fast', '--to', 'ann'], { job: other, others: [report] }).input).toEqual({
      name: 'x',
      fast: true,
    });
  });
});

describe('the arguments of --params', () => {
  const pair = defineJob({
    name: 'pair',
    input: z.object({ name: z.string(), count: z.int(), more: z.string().optional() }),
    run: () => undefined,
  });

  test('GJ-3 fill the fields in order, converted', () => {
    expect(read([], { job: pair, args: ['ann', '3'] })).toEqual({
      input: { name: 'ann', count: 3 },
      args: ['ann', '3'],
    });
  });

  test('GJ-3 are arguments only, where there is no schema or a body', () => {
    expect(read([], { job: bare, args: ['a'] })).toEqual({ input: undefined, args: ['a'] });
    expect(read([], { job: pair, args: ['a'], hasBody: true })).toEqual({ input: undefined, args: ['a'] });
  });

  test('GJ-3 too few, too many and wrong ones are named', () => {
    expect(failure(() => read([], { job: pair, args: ['ann'] })).message).toMatch(
      'count: is missing; it would be value 2 of --params',
    );
    expect(failure(() => read([], { job: pair, args: ['ann', '3', 'x', 'y', 'z'] })).message).toMatch(
      "--params has too many values: 'y', 'z'; the fields are name, count, more",
    );
    expect(failure(() => read([], { job: pair, args: ['ann', 'x'] })).message).toMatch(
      "count: 'x' is not a whole number",
    );
  });

  test('GJ-3 go along with flags for other fields', () => {
    expect(read(['--more', 'x'], { job: pair, args: ['ann', '3'] }).input).toEqual({
      name: 'ann',
      count: 3,
      more: 'x',
    });
    expect(failure(() => read(['--name', 'x'], { job: pair, args: ['ann', '3'] })).message).toMatch(
      'name: is given by a flag and by --params',
    );
  });
});

function failure(run: () => unknown): OnejobError {
  try {
    run();
  } catch (error) {
    return error as OnejobError;
  }
  throw new Error('nothing was thrown');
}
