import type { Flag } from './arguments/flag.ts';
import type { Command } from './command.ts';
import { dbCommands } from './db-commands.ts';
import { asking, running, serving } from './our-flags.ts';
import { runCommands } from './run-commands.ts';

const pausing: readonly Flag[] = [
  { name: 'reason', kind: 'text', value: 'TEXT', help: 'why; shown to whoever wonders' },
  { name: 'until', kind: 'text', value: 'WHEN', help: 'until then: 2h, 3d, 2026-01-31, or an instant in RFC 3339' },
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
    remote: true,
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
    remote: true,
    summary: 'List the jobs',
    takes: '',
    flags: [],
    examples: ['onejob list', 'onejob list --json'],
  },
  {
    path: ['show'],
    remote: true,
    summary: 'Show a job: what it takes and its rules',
    takes: '<Job>',
    flags: [],
    examples: ['onejob show import'],
  },
  {
    path: ['jobs', 'list'],
    remote: true,
    summary: 'The same as list',
    takes: '',
    flags: [],
    examples: ['onejob jobs list'],
  },
  {
    path: ['jobs', 'show'],
    remote: true,
    summary: 'The same as show',
    takes: '<Job>',
    flags: [],
    examples: ['onejob jobs show import'],
  },
  {
    path: ['jobs', 'pause'],
    remote: true,
    store: true,
    summary: 'Let no worker take another run of a job, on all nodes',
    takes: '<Job>',
    flags: pausing,
    examples: [`onejob jobs pause import --reason 'the shop moves' --until 2h`],
  },
  {
    path: ['jobs', 'resume'],
    remote: true,
    store: true,
    summary: 'End the pause of a job',
    takes: '<Job>',
    flags: [],
    examples: ['onejob jobs resume import'],
  },
  ...runCommands,
  {
    path: ['stats'],
    remote: true,
    store: true,
    summary: 'Show at one look what waits, what runs and what ended lately',
    takes: '',
    flags: [
      {
        name: 'since',
        kind: 'duration',
        value: 'TIME',
        help: 'how far back ends are counted, 1h to 30d (default 24h)',
      },
    ],
    examples: ['onejob stats', 'onejob stats --since 7d', 'onejob stats --url http://127.0.0.1:9003 --json'],
  },
  {
    path: ['nodes', 'list'],
    remote: true,
    store: true,
    summary: 'List the processes that work on the store',
    takes: '',
    flags: [],
    examples: ['onejob nodes list', 'onejob nodes list --json'],
  },
  {
    path: ['nodes', 'drain'],
    remote: true,
    store: true,
    summary: 'Let a node finish what it has and take nothing more',
    takes: '<node>',
    flags: pausing,
    examples: ['onejob nodes drain web-1 --reason "new kernel"'],
  },
  {
    path: ['nodes', 'resume'],
    remote: true,
    store: true,
    summary: 'Let a drained node take work again',
    takes: '<node>',
    flags: [],
    examples: ['onejob nodes resume web-1'],
  },
  {
    path: ['queue', 'pause'],
    store: true,
    summary: 'Let no worker take another run of a queue of the store',
    takes: '<queue>',
    flags: pausing,
    examples: ['onejob queue pause mail --until 30m'],
  },
  {
    path: ['queue', 'resume'],
    store: true,
    summary: 'End the pause of a queue',
    takes: '<queue>',
    flags: [],
    examples: ['onejob queue resume mail'],
  },
  ...dbCommands,
  {
    path: ['config'],
    summary: 'Show each setting and where it comes from',
    takes: '',
    flags: [],
    examples: ['onejob config', 'ONEJOB_STORE=memory: onejob config --json'],
  },
  {
    path: ['doctor'],
    summary: 'Check Node, configuration, job files, store and its server',
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
  return path.every((positional, index) => command.path[index] === positional);
}
