import type { AnyJob } from '../../job/define.ts';
import { runStates } from '../../job/state.ts';
import { fieldsOf } from '../arguments/job-fields.ts';
import { findFlag, type Flag } from '../arguments/flag.ts';
import { tokenize } from '../arguments/token.ts';
import type { Command } from '../command.ts';
import { commands, findCommand } from '../command-table.ts';
import { asking, everywhere, running } from '../our-flags.ts';
import { shells } from './completion-script.ts';

export interface Candidate {
  readonly text: string;
  readonly help: string;
}

/**
 * What may stand where the last of `words` is being typed. `jobs` is asked only where a job's name or field may stand,
 * for loading the jobs takes longer than all the rest. None: the shell offers files.
 */
export async function candidates(
  positionals: readonly string[],
  jobs: () => Promise<readonly AnyJob[]>,
): Promise<Candidate[]> {
  const typed = positionals.at(-1) ?? '';
  const before = positionals.slice(0, -1);
  const place = findPlace(before);
  const startsSo = ({ text }: Candidate) => text.startsWith(typed);

  const wanting = flagThatWants(before.at(-1), place.flags);
  if (wanting) return (await valuesOf(wanting, jobs)).filter(startsSo);
  if (typed.startsWith('-')) {
    const job = place.job === undefined ? undefined : (await jobs()).find(({ name }) => name === place.job);
    return [...fieldFlags(job), ...place.flags.filter((flag) => !flag.hidden).map(flagCandidate)].filter(startsSo);
  }
  return (await candidatesAt(place, jobs)).filter(startsSo);
}

interface Place {
  readonly path: readonly string[];
  readonly command: Command | undefined;
  readonly job: string | undefined;
  readonly flags: readonly Flag[];
}

function findPlace(before: readonly string[]): Place {
  const all = [...everywhere, ...asking, ...running];
  const tokens = tokenize(before);
  const positionals: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind === 'positional') positionals.push(token.text);
    else if (token && token.value === undefined && (findFlag(all, token)?.kind ?? 'switch') !== 'switch') index++;
  }
  const command = findCommand(positionals.slice(0, 2)) ?? findCommand(positionals.slice(0, 1));
  const isGroup = commands.some(({ path }) => path.length > 1 && path[0] === positionals[0]);
  const implicit = !command && !isGroup && positionals[0] !== undefined ? findCommand(['run']) : undefined;
  const job = command?.job ? positionals[1] : implicit ? positionals[0] : undefined;
  const flags = [...((command ?? implicit)?.flags ?? []), ...everywhere];
  return { path: positionals, command: command ?? implicit, job, flags };
}

function flagThatWants(last: string | undefined, flags: readonly Flag[]): Flag | undefined {
  const [token] = last === undefined ? [] : tokenize([last]);
  if (token?.kind !== 'flag' || token.value !== undefined) return undefined;
  const flag = findFlag(flags, token);
  return flag && flag.kind !== 'switch' ? flag : undefined;
}

async function valuesOf(flag: Flag, jobs: () => Promise<readonly AnyJob[]>): Promise<Candidate[]> {
  if (flag.name === 'job') return (await jobs()).map(jobCandidate);
  if (flag.name === 'state') return runStates.map((text) => ({ text, help: '' }));
  return (flag.oneOf ?? []).map((text) => ({ text, help: '' }));
}

async function candidatesAt(place: Place, jobs: () => Promise<readonly AnyJob[]>): Promise<Candidate[]> {
  const { path, command, job } = place;
  if (path.length === 0) return [...nextCandidates([]), ...(await jobs()).map(jobCandidate)];
  if (!command) return nextCandidates(path);
  if (command.path[0] === 'completion') return shells.map((text) => ({ text, help: '' }));
  if (command.path[0] === 'help') return nextCandidates(path.slice(1));
  const wantsJob = (command.job && job === undefined) || command.takes === '<Job>';
  return wantsJob && path.length === command.path.length ? (await jobs()).map(jobCandidate) : [];
}

/** The words that continue a path of commands. */
function nextCandidates(path: readonly string[]): Candidate[] {
  const found = new Map<string, string>();
  for (const command of commands) {
    const positional = command.path[path.length];
    const fits = path.every((part, index) => command.path[index] === part);
    if (command.hidden || positional === undefined || !fits || found.has(positional)) continue;
    const isLeaf = command.path.length === path.length + 1;
    found.set(positional, isLeaf ? command.summary : `${positional} …`);
  }
  return [...found].map(([text, help]) => ({ text, help }));
}

function fieldFlags(job: AnyJob | undefined): Candidate[] {
  const fields = job && fieldsOf(job);
  return (fields?.all ?? []).map(({ flag, schema }) => ({ text: `--${flag}`, help: schema.description ?? '' }));
}

function flagCandidate(flag: Flag): Candidate {
  return { text: `--${flag.name}`, help: flag.help };
}

function jobCandidate(job: AnyJob): Candidate {
  return { text: job.name, help: job.summary };
}
