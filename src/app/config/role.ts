import { OnejobError } from '../../job/errors.ts';
import { nearest } from '../../job/name.ts';

/** What a process does: takes whatever is due; answers over HTTP. */
export const roleNames = ['worker', 'http'] as const;
export type Role = (typeof roleNames)[number];

/** @throws CONFIG_INVALID for none, and for a role that is not there, naming the nearest */
export function readRoles(names: readonly string[]): readonly Role[] {
  const asked = [...new Set(names.map((name) => name.trim()).filter(Boolean))];
  if (asked.length === 0) throw new OnejobError('CONFIG_INVALID', 'roles names no role', { hint: rolesHere });
  return asked.map((name) => {
    const problem = roleProblem(name);
    if (problem) throw new OnejobError('CONFIG_INVALID', problem, { hint: rolesHere });
    return name as Role;
  });
}

/** Why there is no such role, in words; null where there is one. */
function roleProblem(name: string): string | null {
  if ((roleNames as readonly string[]).includes(name)) return null;
  if (rolesPlanned.includes(name)) return `the role ${name} is not there yet`;
  const near = nearest(name, [...roleNames, ...rolesPlanned]);
  return `there is no role ${name}${near ? `; did you mean ${near}?` : ''}`;
}

const rolesHere = `this version of onejob has the roles ${roleNames.join(', ')}`;
const rolesPlanned: readonly string[] = ['scheduler', 'consumer', 'dispatcher'];
