import type { Flag } from '../../src/cli/arguments/flag.ts';
import type { Command } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/command-table.ts';
import { exitCodes, signalExits } from '../../src/cli/exit-code.ts';
import { everywhere } from '../../src/cli/our-flags.ts';

/** `docs/reference/cli.md` with its generated parts as the code has them now. */
export function renderReference(page: string): string {
  const parts: Readonly<Record<string, () => string>> = {
    'exit codes': exitTable,
    flags: () => flagTable(everywhere),
    commands: () =>
      commands
        .filter(({ hidden }) => !hidden)
        .map(commandSection)
        .join('\n\n'),
  };
  return page.replaceAll(/<!-- generated: (.+?) -->\n[\s\S]*?<!-- end -->/g, (whole, name: string) => {
    const render = parts[name];
    return render ? `<!-- generated: ${name} -->\n\n${render()}\n\n<!-- end -->` : whole;
  });
}

function exitTable(): string {
  const byExit = new Map<number, string[]>([[0, ['succeeded']]]);
  for (const [code, exit] of Object.entries(exitCodes)) byExit.set(exit, [...(byExit.get(exit) ?? []), `\`${code}\``]);
  for (const [signal, exit] of Object.entries(signalExits)) byExit.set(exit, [`interrupted by ${signal}`]);
  byExit.get(1)?.push('a job’s own codes');
  const rows = [...byExit].toSorted(([a], [b]) => a - b).map(([exit, codes]) => `| ${exit} | ${codes.join(', ')} |`);
  return ['| exit | when |', '|--:|---|', ...rows].join('\n');
}

function flagTable(flags: readonly Flag[]): string {
  const shown = flags.filter(({ hidden }) => !hidden);
  if (shown.length === 0) return 'No flags of its own.';
  const rows = shown.map(({ name, short, value, help, also = [] }) => {
    const spelling = `--${name}${value ? ` ${value}` : ''}`;
    const others = [...(short ? [`-${short}`] : []), ...also.map((each) => `--${each}`)].map((each) => `, \`${each}\``);
    return `| \`${spelling}\`${others.join('')} | ${help.replaceAll('|', '\\|')} |`;
  });
  return ['| flag | |', '|---|---|', ...rows].join('\n');
}

function commandSection({ path, summary, takes, flags, examples }: Command): string {
  const name = `onejob ${path.join(' ')}`;
  const usage = `\`${[name, takes].filter(Boolean).join(' ')}\``;
  const lines = [`### ${name}`, `${summary}. ${usage}`, flagTable(flags)];
  if (examples.length > 0) lines.push(['```sh', ...examples, '```'].join('\n'));
  return lines.join('\n\n');
}
