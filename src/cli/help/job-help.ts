import type { AnyJob } from '../../job/define.ts';
import type { JsonSchema } from '../../job/schema.ts';
import { isList, isSwitch } from '../arguments/convert.ts';
import { alternatives, fieldsOf, resolve, typesOf, type Field, type Fields } from '../arguments/job-fields.ts';
import { asking, everywhere, running } from '../our-flags.ts';
import type { Page } from './command-help.ts';
import { block, pairs, wrap } from './layout.ts';

/** `onejob run <Job> --help`: summary, details, examples, flags with types, defaults and descriptions (GJ-4). */
export function jobHelp(job: AnyJob, page: Page): string {
  const { paint, width } = page;
  const fields = fieldsOf(job);
  const parts = [`${paint.bold(job.name)}${job.summary ? `: ${job.summary}` : ''}\n`];
  if (job.details) parts.push(`${wrap(job.details, width).join('\n')}\n`);
  parts.push(block('Examples', job.examples.length > 0 ? job.examples : [exampleOf(job, fields)], paint));
  parts.push(block('Usage', [usageOf(job, fields)], paint));
  const rows = fields ? fieldRows(fields, page) : [];
  if (rows.length > 0) parts.push(block('Flags of the job', pairs(rows, width - 2), paint));
  else parts.push(`${inputNote(job, fields)}\n`);
  parts.push(paint.dim('onejob run --help shows the flags of onejob.\n'));
  return parts.join('\n');
}

/** One line for each field: how it is written, and what it is. Fields of an object are lines of their own. */
function fieldRows(fields: Fields, { paint }: Page): [left: string, right: string][] {
  return fields.all.flatMap((field) => {
    const inner = innerFields(field, fields.root);
    const names = spellings(field).join(', ');
    const value = isSwitch(field.schema, fields.root) ? '' : ` <${typeName(field.schema, fields.root)}>`;
    const own: [string, string] = [paint.cyan(names) + value, describe(field.schema, field.required)];
    return [
      own,
      ...inner.map(([path, schema, required]): [string, string] => [
        `${paint.cyan(`--input.${path}`)} <${typeName(schema, fields.root)}>`,
        describe(schema, required),
      ]),
    ];
  });
}

/** A field that is called like a flag of ours is written out, as behind the job's name it has to be (GJ-14). */
function spellings({ name, flag, short }: Field): string[] {
  const ours = [...everywhere, ...asking, ...running];
  const taken = ours.some((each) => each.name === flag || each.also?.includes(flag));
  const item = short !== undefined && !ours.some((each) => each.short === short) ? [`-${short}`] : [];
  return [...item, taken ? `--input.${name}` : `--${flag}`];
}

/** What a schema takes, in one or two words. */
function typeName(schema: JsonSchema, root: JsonSchema): string {
  const ways = alternatives(schema, root).filter((way) => !typesOf(way).includes('null'));
  const names = ways.map((way) => nameOf(way, root));
  return [...new Set(names)].join('|') || 'JSON';
}

function nameOf(way: JsonSchema, root: JsonSchema): string {
  const values = way.const === undefined ? way.enum : [way.const];
  if (values) return values.map(String).join('|');
  if (isList(way, root)) {
    const items = typeof way.items === 'object' ? resolve(way.items, root) : {};
    return `${typeName(items, root)}…`;
  }
  const type = typesOf(way)[0];
  if (type === 'string') return formats[way.format ?? ''] ?? 'text';
  return (type && positionals[type]) ?? 'JSON';
}

const positionals: Readonly<Record<string, string>> = {
  integer: 'whole number',
  number: 'number',
  boolean: 'true|false',
  object: 'JSON',
};

const formats: Readonly<Record<string, string>> = {
  date: 'date',
  'date-time': 'instant',
  time: 'time',
  email: 'email',
  uri: 'URL',
  uuid: 'UUID',
};

function describe(schema: JsonSchema, required: boolean): string {
  const limits = [
    required ? 'required' : '',
    schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`,
    isList(schema, {}) ? 'may be repeated' : '',
  ].filter(Boolean);
  return [schema.description ?? '', limits.length > 0 ? `(${limits.join(', ')})` : ''].filter(Boolean).join(' ');
}

/** The fields below an object, by path, three levels deep. */
function innerFields(field: Field, root: JsonSchema): [path: string, schema: JsonSchema, required: boolean][] {
  const walk = (path: string, schema: JsonSchema, needed: boolean, depth: number): [string, JsonSchema, boolean][] => {
    const object = alternatives(schema, root).find((way) => way.properties);
    if (!object?.properties || depth > 3) return [];
    return Object.entries(object.properties).flatMap(([name, inner]) => {
      const resolved = resolve(inner, root);
      const required = needed && (object.required?.includes(name) ?? false);
      const below = walk(`${path}.${name}`, resolved, required, depth + 1);
      return below.length > 0 ? below : [[`${path}.${name}`, resolved, required] as [string, JsonSchema, boolean]];
    });
  };
  return walk(field.name, field.schema, field.required, 1);
}

function usageOf(job: AnyJob, fields: Fields | null): string {
  const positionals = (fields?.positional ?? []).map((field) =>
    field.required ? `<${field.flag}>` : `[<${field.flag}>]`,
  );
  const required = (fields?.all ?? [])
    .filter((field) => field.required && !fields?.positional.includes(field))
    .map((field) => `--${field.flag} <${typeName(field.schema, fields?.root ?? {})}>`);
  return ['onejob run', job.name, ...positionals, ...required, fields ? '[<flag>…]' : '[--data <JSON or text>]'].join(
    ' ',
  );
}

function exampleOf(job: AnyJob, fields: Fields | null): string {
  return usageOf(job, fields).replace(/ \[.*$/, '');
}

function inputNote(job: AnyJob, fields: Fields | null): string {
  if (fields) return 'It takes no input.';
  if (job.input) return 'Its input has no fields that could be flags: give it by --data.';
  return 'It declares no input: --data, --params and words behind its name reach it as they are.';
}
