import { isTable } from './config-check.ts';
import type { Origin } from './config-resolve.ts';
import { settings, type Setting } from './config-settings.ts';
import { hidden, maskUrl } from './mask.ts';

/** One setting as `onejob config` shows it. */
export interface ConfigValue {
  readonly name: string;
  /** JSON. Null: not set, and decided where it is used (`log.level` by the command, `node` by the machine). */
  readonly value: unknown;
  readonly from: Origin['from'];
  readonly source: string;
}

/** All settings with their origins, without their secrets. */
export function describeValues(set: ReadonlyMap<string, Origin>): ConfigValue[] {
  return settings.map((setting) => {
    const origin = set.get(setting.name) ?? { value: undecided(setting), from: 'default', source: 'default' };
    return { name: setting.name, value: describe(setting, origin.value), from: origin.from, source: origin.source };
  });
}

/** Asking for the zone takes Node milliseconds, so it is asked only to be shown. */
function undecided(setting: Setting): unknown {
  return setting.name === 'timezone' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : null;
}

function describe(setting: Setting, value: unknown): unknown {
  if (setting.isSecret) return value === null ? null : hidden;
  if (typeof value === 'string') return maskUrl(value);
  if (setting.name === 'store' && isTable(value)) return '(an opened store)';
  if (setting.name === 'jobs' && Array.isArray(value)) return (value as { name: string }[]).map(({ name }) => name);
  if (setting.name === 'hooks' && isTable(value)) return Object.keys(value);
  return value;
}
