import { startAll, stopAll, type Service } from '../std/service.ts';
import type { Role } from './config/role.ts';

/** What plays a role in a process. */
export interface RoleService extends Service {
  /** Where it is reached; null before it has started, and where nobody reaches it. */
  readonly url?: string | null;
  /** Takes nothing new. What was asked before is still answered, until `stop`. It may be called before the start. */
  drain?(): void;
}

/** What a role is made of: the app, and the one thing of it that only a role may ask for. */
export interface RoleHost<App> {
  readonly app: App;
  /** From now on the worker of the app takes whatever is due. @throws APP_STOPPING when it takes own runs already */
  takeDueRuns(): RoleService;
}

/** The services of each role. The rows stand in the order in which they start; they stop in reverse. */
export type RoleTable<App> = Readonly<Record<Role, (host: RoleHost<App>) => readonly RoleService[]>>;

/** The roles that an app has begun to play. */
export class PlayedRoles {
  #services: readonly RoleService[] = [];

  get url(): string | null {
    return this.#services.find(({ url }) => typeof url === 'string')?.url ?? null;
  }

  start(services: readonly RoleService[]): Promise<void> {
    this.#services = services;
    return startAll(services);
  }

  drain(): void {
    for (const service of this.#services) service.drain?.();
  }

  stop(): Promise<void> {
    return stopAll(this.#services);
  }
}

/** Those of the roles of one app, in the order of the table. */
export function servicesOf<App>(
  table: RoleTable<App>,
  roles: readonly Role[],
  host: RoleHost<App>,
): readonly RoleService[] {
  const rows = Object.entries(table) as [Role, RoleTable<App>[Role]][];
  return rows.flatMap(([role, services]) => (roles.includes(role) ? services(host) : []));
}
