import type { Call } from '../call.ts';
import { commandsBelow, findCommand } from '../command-table.ts';
import { commandHelp, groupHelp, topHelp } from '../help/command-help.ts';

/** `onejob help [<command>…]`, also of a group (`onejob help runs`) and of a job. */
export async function execute(call: Call): Promise<number> {
  const { terminal, positionals } = call;
  const page = { paint: terminal.paint, width: Math.min(terminal.width, 100) };
  const command = findCommand(positionals);
  if (positionals.length === 0) terminal.out(topHelp(page));
  else if (command) terminal.out(commandHelp(command, page));
  else if (commandsBelow(positionals).length > 0) terminal.out(groupHelp(positionals, page));
  else return (await import('./job-help.ts')).execute({ ...call, implicit: true });
  return 0;
}
