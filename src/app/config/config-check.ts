import { OnejobError } from '../../job/errors.ts';
import { nearest } from '../../job/name.ts';
import { isLog } from './config-readers.ts';
import { otherSections, settings } from './config-settings.ts';

/**
 * Refuses keys that nobody will read: at the top what is neither ours nor a section, and what is not ours inside a
 * section of ours. Any other section is the user's.
 *
 * @throws CONFIG_INVALID naming the key, the file and the nearest key
 */
export function checkKeys(content: Readonly<Record<string, unknown>>, shown: string): void {
  for (const [key, value] of Object.entries(content)) {
    const inner = sections.get(key);
    if (inner && isTable(value) && !isLog(value)) checkSection(key, value, inner, shown);
    else if (!inner && !top.has(key) && !isSection(value)) refuse(key, top, shown);
  }
}

/** True for what may be the user's own: a table, or a list of tables (`[[servers]]`). YAML's empty section is null. */
function isSection(value: unknown): boolean {
  if (value === null) return true;
  return Array.isArray(value) ? value.length > 0 && value.every(isTable) : isTable(value);
}

function checkSection(section: string, value: object, known: ReadonlySet<string>, shown: string): void {
  for (const key of Object.keys(value)) {
    if (!known.has(key))
      refuse(
        `${section}.${key}`,
        [...known].map((name) => `${section}.${name}`),
        shown,
      );
  }
}

function refuse(key: string, known: Iterable<string>, shown: string): never {
  const near = nearest(key, known);
  throw new OnejobError('CONFIG_INVALID', `unknown key ${key} in ${shown}${near ? `; did you mean ${near}?` : ''}`, {
    ...(near === undefined && { hint: `keys here: ${[...known].toSorted().join(', ')}` }),
    data: { key, file: shown, nearest: near ?? null },
  });
}

export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `log` → `level format dir`, of the settings that have two parts. */
const sections = new Map<string, Set<string>>();
const top = new Set(otherSections);
for (const { name, notInFile } of settings) {
  if (notInFile) continue;
  const [first = '', second] = name.split('.');
  top.add(first);
  if (second !== undefined) sections.set(first, (sections.get(first) ?? new Set()).add(second));
}
