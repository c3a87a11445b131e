import type { Command } from '../command.ts';
import { commands, commandsBelow } from '../command-table.ts';
import type { Flag } from '../arguments/flag.ts';
import { everywhere } from '../our-flags.ts';
import type { Paint } from '../print/paint.ts';
import { block, pairs, wrap } from './layout.ts';

export interface Page {
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
}

/** `onejob --help`: examples first. */
export function topHelp({ paint, width }: Page): string {
  const shown = commands.filter((command) => !command.hidden);
  const rows = shown.map((command) => [paint.cyan(command.path.join(' ')), command.summary] as const);
  return [
    `${paint.bold('onejob')}: define a job once, run it every way\n`,
    block(
      'Examples',
      [
        'onejob list                             the jobs that are here',
        'onejob run hello                        run one and wait for it',
        'onejob run send-report --to a@b.c       its fields are its flags',
        'onejob send-report --help               what it takes',
        'onejob runs list --state failed         what went wrong',
      ],
      paint,
    ),
    block(
      'Usage',
      ['onejob <command> [<flag>…]', 'onejob <Job> [<flag>…]          the same as onejob run <Job>'],
      paint,
    ),
    block('Commands', pairs(rows, width - indent), paint),
    block('Flags of every command', flagRows(everywhere, { paint, width }), paint),
    paint.dim('onejob <command> --help shows its flags and examples.\n'),
  ].join('\n');
}

export function commandHelp(command: Command, page: Page): string {
  const { paint } = page;
  const name = `onejob ${command.path.join(' ')}`;
  const parts = [`${paint.bold(name)}: ${command.summary}\n`];
  if (command.examples.length > 0) parts.push(block('Examples', command.examples, paint));
  const job = command.job ? ['Behind the job’s name stand the flags of the job as well: onejob run <Job> --help'] : [];
  parts.push(block('Usage', [`${name} ${command.takes} [<flag>…]`.replaceAll(/ +/g, ' '), ...job], paint));
  if (command.flags.some((flag) => !flag.hidden)) parts.push(block('Flags', flagRows(command.flags, page), paint));
  parts.push(everywhereNote(page));
  return parts.join('\n');
}

/** `onejob runs`: what is below a word. */
export function groupHelp(path: readonly string[], { paint, width }: Page): string {
  const below = commandsBelow(path);
  const rows = below.map((command) => [paint.cyan(`onejob ${command.path.join(' ')}`), command.summary] as const);
  const examples = below.flatMap((command) => command.examples.slice(0, 1));
  return [block('Examples', examples, paint), block('Commands', pairs(rows, width - indent), paint)].join('\n');
}

function flagRows(flags: readonly Flag[], { paint, width }: Page): string[] {
  const shown = flags.filter((flag) => !flag.hidden);
  return pairs(
    shown.map((flag) => {
      const names = [...(flag.short ? [`-${flag.short}`] : []), `--${flag.name}`].join(', ');
      const value = flag.value ? ` ${flag.value}` : '';
      const also = flag.also ? ` (also ${flag.also.map((name) => `--${name}`).join(', ')})` : '';
      return [paint.cyan(names) + value, flag.help + also] as const;
    }),
    width - indent,
  );
}

function everywhereNote({ paint, width }: Page): string {
  const names = everywhere.filter((flag) => !flag.hidden).map((flag) => `--${flag.name}`);
  return `${wrap(`Every command takes ${names.join(' ')}; onejob --help explains them.`, width)
    .map((line) => paint.dim(line))
    .join('\n')}\n`;
}

const indent = 2;
