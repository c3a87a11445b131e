import { parseSync, Visitor } from 'oxc-parser';
import { exceptions, oldInSql, oldNames, oldParts } from './old-words.ts';

/** A name that has an old word in it, and what is said instead. */
export interface OldName {
  readonly file: string;
  readonly name: string;
  readonly now: string;
}

/** Looks at a file's path, and in code at identifiers, keys, and what strings name: SQL, metrics, camel and snake case. */
export function oldWordsIn(file: string, text: string): OldName[] {
  const path = file.split('/').map((segment) => segment.replace(/\..*$/, ''));
  const names = /\.(ts|mjs|js)$/.test(file) ? namesIn(file, text) : { code: [], sql: [] };
  const found = new Map<string, OldName>();
  const add = (name: string, now: string | undefined): void => {
    if (now !== undefined && !isException(file, name)) found.set(name, { file, name, now });
  };
  for (const name of [...path, ...names.code, ...names.sql]) add(name, replacementOf(file, name));
  for (const name of names.sql) add(name, oldInSql.find(({ old }) => old.includes(name))?.now);
  return [...found.values()];
}

function replacementOf(file: string, name: string): string | undefined {
  if (/^most[A-Z]/.test(name)) return 'max…';
  const parts = partsOf(name);
  const isHere = ({ in: place }: { in?: RegExp }): boolean => place?.test(file) ?? true;
  const part = oldParts.find((each) => isHere(each) && each.old.some((word) => parts.includes(word)));
  return (part ?? oldNames.find((each) => isHere(each) && each.old.includes(name)))?.now;
}

/** `seenBeat`, `seen_beat` and `seen-beat` have the parts `seen` and `beat`. */
function partsOf(name: string): string[] {
  const apart = name.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2');
  return apart.toLowerCase().split(/[^a-z]+/);
}

function isException(file: string, name: string): boolean {
  return exceptions.some((each) => each.in.test(file) && each.names.includes(name));
}

function namesIn(file: string, text: string): { code: string[]; sql: string[] } {
  const { program, errors } = parseSync(file, text, { sourceType: 'module' });
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0]?.message ?? 'does not parse'}`);
  const code: string[] = [];
  const sql: string[] = [];
  const addText = (said: string): void => {
    code.push(...(said.match(/\b[a-z]+(?:_[a-z\d]+)+\b|\b[a-z]+[A-Z]\w*\b/g) ?? []));
    if (isSql.test(said)) sql.push(...(said.replaceAll(/--.*/g, '').match(/[a-z]\w*/g) ?? []));
  };
  new Visitor({
    Identifier: ({ name }) => code.push(name),
    PrivateIdentifier: ({ name }) => code.push(name),
    Literal: ({ value }) => {
      if (typeof value === 'string') addText(value);
    },
    TemplateLiteral: ({ quasis }) => addText(quasis.map(({ value }) => value.cooked ?? '').join('?')),
  }).visit(program);
  return { code, sql };
}

/** A statement, or a part of one long enough to be known as SQL. */
const isSql =
  /\b(select .* from|select [\w.]+,|insert into|update \S+ set|delete from|create (table|index|function|or replace)|declare \w+ \w+|call onejob_|returns )/s;
