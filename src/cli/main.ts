import type { App } from '../app/app.ts';
import type { LoadedConfig } from '../app/config/config.ts';
import { readLine, type Line } from './arguments/read-line.ts';
import { usage } from './arguments/flag.ts';
import type { Call } from './call.ts';
import type { Command } from './command.ts';
import { findCommand } from './command-table.ts';
import { loadCommand } from './load-command.ts';
import { exitOfError, signalExits } from './exit-code.ts';
import { listenForFaults } from './faults.ts';
import { listenForSignals, type Interruption } from './interruption.ts';
import { endProcess } from './process-end.ts';
import { printError } from './print/error.ts';
import { Terminal } from './print/terminal.ts';

/**
 * The command line. With an app, its jobs and options are used, and flags win over them: a program that ends in
 * `await main(app)` is its own launcher, `node main.js --job=report`, and without a command it starts (contract
 * EGO-26). Listens for signals and sets the exit code; nothing else in onejob does. Resolves when the command has
 * ended; never rejects. What the program does afterwards has three seconds, unless it ends sooner by itself.
 */
export async function main(app?: App, args: readonly string[] = process.argv.slice(2)): Promise<void> {
  if (!app) process.on('exit', endedEarly);
  const interruption = listenForSignals();
  const overdue = interruption.overdue.then((signal) => signalExits[signal]);
  const code = await Promise.race([runLine(app, args, interruption), overdue]);
  interruption.end();
  process.off('exit', endedEarly);
  endProcess(code, app ? { graceMs: 3_000, note: overtime } : { graceMs: 300, note: undefined });
}

/** A job file, or a handler, that ends the process with 0 would look like a command that did what it was asked. */
function endedEarly(code: number): void {
  if (code !== 0) return;
  process.stderr.write('onejob: something called process.exit(0) before the command had ended\n');
  process.exitCode = 1;
}

const overtime = 'onejob: something was left open that kept the process alive after its command; it is ended now';

async function runLine(app: App | undefined, args: readonly string[], interruption: Interruption): Promise<number> {
  let terminal = openTerminal((name) => args.includes(`--${name}`));
  const faults = listenForFaults((thrown) => endByFault(terminal, thrown));
  // A job that waits for something that never comes must not end the process with Node's own complaint.
  const alive = setInterval(() => undefined, 1_000_000);
  try {
    const line = readLine(args, app && findCommand(['start']));
    terminal = openTerminal((name) => line.flags.on(name), terminal);
    const { command } = line;
    if (!command || (line.flags.on('help') && !wantsJobHelp(line))) return await showHelp(terminal, line);
    checkPositionals(command, line.positionals);
    const call: Call = { ...line, command, terminal, interruption, faults, app, config: undefined };
    const config = command.store && !line.flags.on('help') ? await loadStoreSettings(call) : undefined;
    const code = await (await loadCommand(command)).execute({ ...call, config });
    return (await terminal.isWritten()) ? code : code || 1;
  } catch (error) {
    terminal.end();
    printError(terminal, error);
    return exitOfError(error, interruption.by);
  } finally {
    terminal.end();
    clearInterval(alive);
    faults.end();
  }
}

/** Loaded only here: help and completion need no settings. */
async function loadStoreSettings(call: Call): Promise<LoadedConfig> {
  return (await import('./store-settings.ts')).loadStoreSettings(call);
}

/** Ends the process after an error that no command handles: nothing in the process can be relied on any more. */
function endByFault(terminal: Terminal, thrown: unknown): never {
  terminal.end();
  printError(terminal, thrown);
  process.exit(1);
}

/** Colours and loudness are known for sure only when the command line has been read. */
function openTerminal(on: (flag: string) => boolean, before?: Terminal): Terminal {
  return new Terminal({
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    json: on('json'),
    noColor: on('no-color'),
    quiet: on('quiet'),
    verbose: on('verbose'),
    ...(before && { gone: before.gone }),
  });
}

/** `run import --help` is about the job, `run --help` about run. */
function wantsJobHelp({ command, positionals, flags }: Line): boolean {
  return command?.job === true && (positionals.length > 0 || flags.has('job'));
}

async function showHelp(terminal: Terminal, { command }: Line): Promise<number> {
  const { commandHelp, topHelp } = await import('./help/command-help.ts');
  const page = { paint: terminal.paint, width: Math.min(terminal.width, 100) };
  terminal.out(command ? commandHelp(command, page) : topHelp(page));
  return 0;
}

/** @throws USAGE when there are too few or too many words */
function checkPositionals(command: Command, positionals: readonly string[]): void {
  if (command.job) return;
  const takes = command.takes.split(' ').filter(Boolean);
  const name = `onejob ${command.path.join(' ')}`;
  const missing = takes[positionals.length];
  if (missing?.startsWith('<')) usage(`${name} needs ${missing}`, `${name} --help shows how it is written`);
  const max = takes.some((positional) => positional.includes('…')) ? Number.POSITIVE_INFINITY : takes.length;
  const tooMany = positionals[max];
  if (tooMany !== undefined) {
    usage(
      `${name} takes ${takes.length === 0 ? 'no words' : command.takes}: what is '${tooMany}'?`,
      `${name} --help shows how it is written`,
    );
  }
}
