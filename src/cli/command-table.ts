import { runStates, triggers } from '../job/state.ts';
import type { Flag } from './arguments/flag.ts';
import type { Command } from './command.ts';
import { asking, running, serving } from './our-flags.ts';

const reason: Flag = { name: 'reason', kind: 'text', value: 'TEXT', says: 'why; kept with the run' };

const filters: readonly Flag[] = [
  { name: 'job', kind: 'text', value: 'NAME', says: 'of this job' },
  { name: 'state', kind: 'list', value: 'STATE', says: `one or more of ${runStates.join(', ')}` },
  { name: 'trigger', kind: 'text', value: 'TRIGGER', oneOf: triggers, says: `one of ${triggers.join(', ')}` },
  { name: 'key', kind: 'text', value: 'KEY', says: 'of this key' },
  { name: 'since', kind: 'text', value: 'WHEN', says: 'created since: 2h, 3d, 2026-01-31, or an instant in RFC 3339' },
  { name: 'limit', kind: 'whole', value: 'N', range: [1, 10_000], says: 'at most so many (default 20)' },
  { name: 'cursor', kind: 'text', value: 'TEXT', says: 'the page behind the one that named this cursor' },
];

/** Every command, in the order of help. */
export const commands: readonly Command[] = [
  {
    path: ['run'],
    store: true,
    summary: 'Run jobs here and now, and wait for them',
    takes: '<Job>[,<Job>…]',
    job: true,
    flags: [...asking, ...running],
    examples: [
      'onejob run hello',
      'onejob run send-report --to a@example.com --days 7',
      'onejob run import,clean-up',
      `onejob run import --data '{"shop":"a"}' --header 'user: Ann'`,
      'onejob run import --help',
    ],
  },
  {
    path: ['enqueue'],
    store: true,
    summary: 'Leave a run to a worker and print its id',
    takes: '<Job>[,<Job>…]',
    job: true,
    flags: asking,
    examples: ['onejob enqueue import --shop a', 'onejob enqueue clean-up --delay 10m --key clean-up-today'],
  },
  {
    path: ['start'],
    summary: 'Work: take whatever is due, until a signal ends it',
    takes: '',
    flags: serving,
    store: true,
    examples: [
      'onejob start',
      'onejob start --roles worker --node mill-1 --concurrency 50',
      'onejob start --json --on-stall exit',
    ],
  },
  {
    path: ['list'],
    summary: 'List the jobs',
    takes: '',
    flags: [],
    examples: ['onejob list', 'onejob list --json'],
  },
  {
    path: ['show'],
    summary: 'Show a job: what it takes and its rules',
    takes: '<Job>',
    flags: [],
    examples: ['onejob show import'],
  },
  { path: ['jobs', 'list'], summary: 'The same as list', takes: '', flags: [], examples: ['onejob jobs list'] },
  {
    path: ['jobs', 'show'],
    summary: 'The same as show',
    takes: '<Job>',
    flags: [],
    examples: ['onejob jobs show import'],
  },
  {
    path: ['runs', 'list'],
    store: true,
    summary: 'List runs, newest first',
    takes: '',
    flags: filters,
    examples: ['onejob runs list', 'onejob runs list --job import --state failed --since 1d'],
  },
  {
    path: ['runs', 'show'],
    store: true,
    summary: 'Show a run with its steps',
    takes: '<run>',
    flags: [],
    examples: ['onejob runs show 1f0c3a9e', 'onejob runs show my-key --json'],
  },
  {
    path: ['runs', 'logs'],
    store: true,
    summary: 'Print what a run logged and printed',
    takes: '<run>',
    flags: [
      { name: 'follow', kind: 'switch', short: 'f', says: 'go on until the run ends' },
      { name: 'since-offset', kind: 'whole', value: 'N', says: 'only what comes after this offset, `seq` in --json' },
    ],
    examples: ['onejob runs logs 1f0c3a9e', 'onejob runs logs -f 1f0c3a9e'],
  },
  {
    path: ['runs', 'wait'],
    store: true,
    summary: 'Wait until a run ends; the exit code is that of its outcome',
    takes: '<run>',
    flags: [{ name: 'timeout', kind: 'duration', value: 'TIME', says: 'give up waiting after this time, exit 75' }],
    examples: ['onejob runs wait 1f0c3a9e --timeout 5m'],
  },
  {
    path: ['runs', 'cancel'],
    store: true,
    summary: 'Cancel a run',
    takes: '<run>',
    flags: [reason],
    examples: [`onejob runs cancel 1f0c3a9e --reason 'wrong shop'`],
  },
  {
    path: ['config'],
    summary: 'Show each setting and where it comes from',
    takes: '',
    flags: [],
    examples: ['onejob config', 'ONEJOB_STORE=memory: onejob config --json'],
  },
  {
    path: ['doctor'],
    summary: 'Check Node, configuration, job files and store',
    takes: '',
    flags: [],
    examples: ['onejob doctor'],
  },
  {
    path: ['completion'],
    summary: 'Print the completion script of a shell',
    takes: '<bash|zsh|fish>',
    flags: [],
    examples: ['source <(onejob completion bash)', 'onejob completion fish > ~/.config/fish/completions/onejob.fish'],
  },
  {
    path: ['version'],
    summary: 'Print the versions of the project and of onejob',
    takes: '',
    flags: [],
    examples: ['onejob version --json'],
  },
  {
    path: ['help'],
    summary: 'Show help, of a command or of a job',
    takes: '[<command>…]',
    flags: [],
    examples: ['onejob help runs list'],
  },
  {
    path: ['__complete'],
    summary: 'Print what may come next on a command line; for completion scripts',
    takes: '[<word>…]',
    flags: [],
    examples: [],
    hidden: true,
  },
];

/** The command whose path is exactly this. */
export function findCommand(path: readonly string[]): Command | undefined {
  return commands.find((command) => command.path.length === path.length && startsWith(command, path));
}

/** The commands below `runs`, for example; none for a word that is no group. */
export function commandsBelow(path: readonly string[]): Command[] {
  return commands.filter((command) => command.path.length > path.length && startsWith(command, path));
}

function startsWith(command: Command, path: readonly string[]): boolean {
  return path.every((word, index) => command.path[index] === word);
}
