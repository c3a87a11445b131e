import type { Command } from './command.ts';

/** The commands below `db`, in the order of help: the store as a database. */
export const dbCommands: readonly Command[] = [
  {
    path: ['db', 'migrate'],
    store: true,
    summary: 'Bring the schema of the store up to date',
    takes: '',
    flags: [
      { name: 'sql', kind: 'switch', help: 'only print the statements, for somebody who may run them' },
      { name: 'dry-run', kind: 'switch', help: 'only say what would be done' },
    ],
    examples: ['onejob db migrate', 'onejob db migrate --sql > schema.sql'],
  },
  {
    path: ['db', 'status'],
    store: true,
    summary: 'Show what the store is, and whether its schema fits',
    takes: '',
    flags: [],
    examples: ['onejob db status', 'onejob db status --json'],
  },
  {
    path: ['db', 'prune'],
    store: true,
    summary: 'Delete finished runs that are older, or more, than keep says',
    takes: '',
    flags: [{ name: 'dry-run', kind: 'switch', help: 'only count them' }],
    examples: ['onejob db prune --dry-run', 'onejob db prune'],
  },
  {
    path: ['db', 'backup'],
    store: true,
    summary: 'Copy an SQLite store into a new file while work goes on',
    takes: '<FILE>',
    flags: [],
    examples: ['onejob db backup backup.db'],
  },
  {
    path: ['db', 'restore'],
    store: true,
    summary: 'Put a backup in the place of an SQLite store that no process has open',
    takes: '<FILE>',
    flags: [],
    examples: ['onejob db restore backup.db'],
  },
  {
    path: ['db', 'import'],
    store: true,
    summary: 'Take the tasks of another system over; of vtask, so far',
    takes: '<vtask>',
    flags: [
      { name: 'from', kind: 'text', value: 'URL', help: 'where its table is: mysql://user@host:3306/database' },
      { name: 'table', kind: 'text', value: 'NAME', help: 'what the table is called (default task)' },
      { name: 'dry-run', kind: 'switch', help: 'only count' },
    ],
    examples: [
      'onejob db import vtask --from mysql://app@db/shop --dry-run',
      'onejob db import vtask --from mysql://app@db/shop',
    ],
  },
];
