import type { InputFault } from '../../job/input.ts';
import { convert, convertList, isList } from './convert.ts';
import type { Fields } from './job-fields.ts';
import { splitPieces } from './header.ts';

/**
 * The arguments of `--params 'a;b'` (contract GJ-3): `\;` is a literal semicolon, a trailing `;` gives an empty last
 * one, an empty text means none.
 */
export function readParams(text: string): string[] {
  return text === '' ? [] : splitPieces(text);
}

/** What the arguments are as fields of an object schema, in its order; too many are faults, by name. */
export function paramsAsFields(
  args: readonly string[],
  fields: Fields,
): { input: Record<string, unknown>; faults: InputFault[] } {
  const input: Record<string, unknown> = {};
  const faults: InputFault[] = [];
  for (const [index, field] of fields.all.entries()) {
    const text = args[index];
    if (text === undefined) break;
    const converted = isList(field.schema, fields.root)
      ? convertList([text], field.schema, fields.root)
      : convert(text, field.schema, fields.root);
    if (converted.fault === undefined) input[field.name] = converted.value;
    else faults.push({ path: field.name, message: converted.fault });
  }
  const tooMany = args.slice(fields.all.length).map((text) => `'${text}'`);
  if (tooMany.length > 0) {
    const names = fields.all.map((field) => field.name).join(', ') || 'none';
    faults.push({ path: '', message: `--params has too many values: ${tooMany.join(', ')}; the fields are ${names}` });
  }
  return { input, faults };
}
