import { runStates, triggers } from '../job/state.ts';
import type { Flag } from './arguments/flag.ts';
import type { Command } from './command.ts';

const reason: Flag = { name: 'reason', kind: 'text', value: 'TEXT', help: 'why; kept with the run' };

/** Which runs. */
const which: readonly Flag[] = [
  { name: 'job', kind: 'text', value: 'NAME', help: 'of this job' },
  { name: 'state', kind: 'list', value: 'STATE', help: `one or more of ${runStates.join(', ')}` },
  { name: 'trigger', kind: 'text', value: 'TRIGGER', oneOf: triggers, help: `one of ${triggers.join(', ')}` },
  { name: 'key', kind: 'text', value: 'KEY', help: 'of this key' },
  { name: 'since', kind: 'text', value: 'WHEN', help: 'created since: 2h, 3d, 2026-01-31, or an instant in RFC 3339' },
];

const filters: readonly Flag[] = [
  ...which,
  { name: 'limit', kind: 'whole', value: 'N', range: [1, 10_000], help: 'at most so many (default 20)' },
  { name: 'cursor', kind: 'text', value: 'TEXT', help: 'the page behind the one that named this cursor' },
];

/** Of commands that take a run, or all that a filter finds. */
const many: readonly Flag[] = [
  ...which,
  { name: 'limit', kind: 'whole', value: 'N', range: [1, 10_000], help: 'at most so many (default 10000)' },
  { name: 'dry-run', kind: 'switch', help: 'only list the runs that would be changed' },
  { name: 'yes', kind: 'switch', help: 'do not ask before changing what a filter finds' },
];

/** The commands below `runs`, in the order of help. */
export const runCommands: readonly Command[] = [
  {
    path: ['runs', 'list'],
    remote: true,
    store: true,
    summary: 'List runs, newest first',
    takes: '',
    flags: filters,
    examples: ['onejob runs list', 'onejob runs list --job import --state failed --since 1d'],
  },
  {
    path: ['runs', 'show'],
    remote: true,
    store: true,
    summary: 'Show a run with its steps',
    takes: '<run>',
    flags: [],
    examples: ['onejob runs show 1f0c3a9e', 'onejob runs show my-key --json'],
  },
  {
    path: ['runs', 'logs'],
    remote: true,
    store: true,
    summary: 'Print what a run logged and printed',
    takes: '<run>',
    flags: [
      { name: 'follow', kind: 'switch', short: 'f', help: 'go on until the run ends' },
      {
        name: 'since-offset',
        kind: 'text',
        value: 'N',
        help: 'only what comes after this `offset` or `seq` of --json',
      },
    ],
    examples: ['onejob runs logs 1f0c3a9e', 'onejob runs logs -f 1f0c3a9e'],
  },
  {
    path: ['runs', 'wait'],
    remote: true,
    store: true,
    summary: 'Wait until a run ends; the exit code is that of its outcome',
    takes: '<run>',
    flags: [{ name: 'timeout', kind: 'duration', value: 'TIME', help: 'give up waiting after this time, exit 75' }],
    examples: ['onejob runs wait 1f0c3a9e --timeout 5m'],
  },
  {
    path: ['runs', 'cancel'],
    remote: true,
    store: true,
    summary: 'Cancel a run, or all that a filter finds',
    takes: '[<run>]',
    flags: [
      reason,
      { name: 'now', kind: 'switch', help: 'end what runs without asking its worker; the handler is told afterwards' },
      ...many,
    ],
    examples: [
      `onejob runs cancel 1f0c3a9e --reason 'wrong shop'`,
      'onejob runs cancel --job import --state queued --dry-run',
    ],
  },
  {
    path: ['runs', 'retry'],
    remote: true,
    store: true,
    summary: 'Try again what failed: a run, or all that a filter finds',
    takes: '[<run>]',
    flags: [reason, ...many],
    examples: ['onejob runs retry 1f0c3a9e', 'onejob runs retry --job import --state failed --since 1d --yes'],
  },
  {
    path: ['runs', 'restart'],
    remote: true,
    store: true,
    summary: 'Run a finished run again, from its beginning or from a step',
    takes: '[<run>]',
    flags: [
      {
        name: 'from',
        kind: 'text',
        value: 'STEP',
        help: 'key of a step, or its number from 1; what came before stays',
      },
      reason,
      ...many,
    ],
    examples: ['onejob runs restart 1f0c3a9e', 'onejob runs restart 1f0c3a9e --from charge'],
  },
  {
    path: ['runs', 'send'],
    remote: true,
    store: true,
    summary: 'Send a run an event that it waits for, or will wait for',
    takes: '<run> <event>',
    flags: [{ name: 'data', kind: 'text', value: 'JSON', help: 'goes with it; @FILE, or - for standard input' }],
    examples: ['onejob runs send 1f0c3a9e approved --data true'],
  },
  {
    path: ['runs', 'explain'],
    remote: true,
    store: true,
    summary: 'Say why a run is not running, and what to do about it',
    takes: '<run>',
    flags: [],
    examples: ['onejob runs explain 1f0c3a9e'],
  },
];
