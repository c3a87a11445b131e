import { types } from 'node:util';

/** A value that somebody gave by mistake, for a sentence. Objects are not looked into: they may throw, or be huge. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length <= longest ? `'${value}'` : `'${cut(value)}…'`;
  if (typeof value === 'function') return 'a function';
  if (types.isDate(value)) return 'a Date';
  return typeof value === 'object' && value !== null ? 'an object' : cut(String(value));
}

const longest = 40;

function cut(text: string): string {
  return text.slice(0, longest).toWellFormed();
}
