import { nearest } from '../../job/name.ts';
import type { Behind, Command } from '../command.ts';
import { commands, commandsBelow, findCommand } from '../command-table.ts';
import { asking, everywhere, running, serving } from '../our-flags.ts';
import { checkFlagValue, findFlag, spell, usage, type Flag } from './flag.ts';
import { Flags } from './flags.ts';
import { kebab, textOf, tokenize, type FlagToken, type Token } from './token.ts';

/** A command line that is understood as far as that goes without knowing the jobs. */
export interface Line {
  /** Undefined: none was named. */
  readonly command: Command | undefined;
  readonly flags: Flags;
  /** Of a command with `job` the first is the list of names, unless `--job` gave that. */
  readonly positionals: readonly string[];
  readonly tail: readonly Token[];
  readonly behind: readonly Behind[];
  /** No command was named: the first word was taken for a job. */
  readonly implicit: boolean;
}

/**
 * Reads a command line. Flags of ours may stand anywhere; what follows a job's name and is not ours is the job's and
 * stays in `tail`, all that follows `--` too. A first word that is no command is a job's name, and `--job`
 * without a command is `run` (contract EGO-1).
 *
 * `otherwise` is the command of a line that names none and asks for no help.
 *
 * @throws USAGE
 */
export function readLine(args: readonly string[], otherwise?: Command): Line {
  const tokens = tokenize(args);
  const { command = wantsHelp(tokens) ? undefined : otherwise, used } = chooseCommand(tokens);
  const knownFlags = command ? [...everywhere, ...command.flags] : everywhere;
  const flags = new Flags();
  const positionals: string[] = [];
  const tail: Token[] = [];
  const behind: Behind[] = [];
  let named = false; // the job

  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    if (used.has(index)) continue;
    if (named && (token.after || token.kind === 'positional')) {
      tail.push(token);
    } else if (token.after || token.kind === 'positional') {
      positionals.push(textOf(token));
      if (command?.job) named = true;
    } else {
      const flag = findFlag(knownFlags, token);
      if (flag) {
        if (named) behind.push({ flag, typed: token.typed });
        if (takeFlag({ flag, token, next: tokens[index + 1], flags })) index++;
        if (flag.name === 'job' && command?.job) named = true;
      } else if (named) {
        tail.push(token);
      } else {
        unknownFlag(token, knownFlags, command);
      }
    }
  }
  return { command, flags, positionals, tail, behind, implicit: command?.job === true && used.size === 0 };
}

/** @throws USAGE with the nearest flag */
function unknownFlag(token: FlagToken, knownFlags: readonly Flag[], command: Command | undefined): never {
  const known = knownFlags.flatMap(({ name, also = [], hidden }) => (hidden ? [] : [name, ...also]));
  const near = nearest(kebab(token.name), known);
  const of = command && !command.hidden ? `onejob ${command.path.join(' ')}` : 'onejob';
  const hint = command?.job
    ? `flags of a job stand behind its name; ${of} --help lists ours`
    : `${of} --help lists the flags`;
  return usage(`${of} has no flag ${token.typed}${near ? `; did you mean --${near}?` : ''}`, hint);
}

/** Puts a flag's value into `given`; true when it was the next token. */
function takeFlag(from: { flag: Flag; token: FlagToken; next: Token | undefined; flags: Flags }): boolean {
  const { flag, token, next, flags } = from;
  const takesNext = token.value === undefined && flag.kind !== 'switch';
  if (takesNext && (next?.kind !== 'positional' || next.after)) {
    const but = next?.kind === 'flag' ? `; a value that begins with a dash is written ${spell(flag)}=VALUE` : '';
    usage(`${token.typed} needs a value${flag.value ? `, ${flag.value}` : ''}${but}`);
  }
  const text = takesNext && next?.kind === 'positional' ? next.text : (token.value ?? 'true');
  checkFlagValue(flag, token.typed, text);
  flags.add(flag.name, text);
  return takesNext;
}

/** The command, and which tokens name it. */
function chooseCommand(tokens: readonly Token[]): { command: Command | undefined; used: ReadonlySet<number> } {
  const run = findCommand(['run']);
  const before = [...everywhere, ...asking, ...running, ...serving];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    if (token.kind === 'flag') {
      const flag = findFlag(before, token);
      if (!flag && token.dashes === 2 && token.name === 'version') return found(['version'], index);
      if (flag?.name === 'job') return { command: run, used: new Set() };
      if (flag && flag.kind !== 'switch' && token.value === undefined) index++;
      continue;
    }
    if (findCommand([token.text])) return found([token.text], index);
    const below = commandsBelow([token.text]);
    if (below.length === 0) return { command: run, used: new Set() };
    return chooseBelow(token.text, below, tokens, index);
  }
  return { command: undefined, used: new Set() };
}

function chooseBelow(group: string, below: readonly Command[], tokens: readonly Token[], index: number) {
  const next = tokens[index + 1];
  if (next?.kind === 'positional') {
    const path = [group, next.text];
    if (findCommand(path)) return found(path, index, index + 1);
    const near = nearest(
      next.text,
      below.map((command) => String(command.path[1])),
    );
    usage(
      `onejob ${group} has no command ${next.text}${near ? `; did you mean onejob ${group} ${near}?` : ''}`,
      `onejob help ${group} lists them`,
    );
  }
  // `onejob runs` alone, or with --help, shows what is below it.
  if (next === undefined || wantsHelp(tokens)) return found(['help']);
  return usage(
    `onejob ${group} needs a command: ${below.map((command) => command.path[1]).join(', ')}`,
    `write it right behind ${group}`,
  );
}

function wantsHelp(tokens: readonly Token[]): boolean {
  return tokens.some((token) => token.kind === 'flag' && (token.name === 'help' || token.name === 'h'));
}

function found(path: readonly string[], ...used: number[]): { command: Command | undefined; used: Set<number> } {
  return { command: findCommand(path), used: new Set(used) };
}

/** For messages about a first word that is neither command nor job. */
export function commandNames(): string[] {
  return [...new Set(commands.filter((command) => !command.hidden).map((command) => String(command.path[0])))];
}
