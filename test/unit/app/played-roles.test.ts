import { expect, test } from 'vitest';
import { PlayedRoles, servicesOf, type RoleService, type RoleTable } from '../../../src/app/played-roles.ts';

function open() {
  const events: string[] = [];
  const service = (name: string, more: Partial<RoleService> = {}): RoleService => ({
    name,
    start: () => Promise.resolve(void events.push(`${name} starts`)),
    stop: () => Promise.resolve(void events.push(`${name} stops`)),
    ...more,
  });
  const table: RoleTable<string> = {
    http: ({ app }) => [service(`http of ${app}`, { url: 'http://here', drain: () => events.push('http drains') })],
    worker: ({ takeDueRuns }) => [takeDueRuns()],
  };
  return { events, table, host: { app: 'one', takeDueRuns: () => service('worker') } };
}

test('roles start in the order of the table, whatever the order in which they are asked for, and stop in reverse', async () => {
  const { events, table, host } = open();
  const roles = new PlayedRoles();
  expect(roles.url).toBe(null);
  await roles.start(servicesOf(table, ['worker', 'http'], host));
  expect(roles.url).toBe('http://here');
  roles.drain();
  await roles.stop();
  expect(events).toEqual(['http of one starts', 'worker starts', 'http drains', 'worker stops', 'http of one stops']);
});

test('a process has only the services of its roles', () => {
  const { table, host } = open();
  const names = (roles: readonly ('http' | 'worker')[]) => servicesOf(table, roles, host).map(({ name }) => name);
  expect(names(['worker'])).toEqual(['worker']);
  expect(names(['http'])).toEqual(['http of one']);
});
