import type { App } from '../app/app.ts';
import type { RoleTable } from '../app/played-roles.ts';
import { httpFace } from '../http/face.ts';

/**
 * What a process does for each of its roles. The rows stand in the order in which they start: HTTP before the worker,
 * for where its address is taken, no run must have begun.
 */
export const roles: RoleTable<App> = {
  http: ({ app }) => [httpFace(app)],
  worker: ({ takeDueRuns }) => [takeDueRuns()],
};
