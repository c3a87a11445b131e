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
  readonly says: string;
}

/**
 * What may stand where the last of `words` is being typed. `jobs` is asked only where a job's name or field may stand,
 * for loading the jobs takes longer than all the rest. None: the shell offers files.
 */
export async function candidates(
  words: readonly string[],
  jobs: () => Promise<readonly AnyJob[]>,
): Promise<Candidate[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const place = findPlace(before);
  const startsSo = ({ text }: Candidate) => text.startsWith(typed);

  const wanting = flagThatWants(before.at(-1), place.flags);
  if (wanting) return (await valuesOf(wanting, jobs)).filter(startsSo);
  if (typed.startsWith('-')) {
    const job = place.job === undefined ? undefined : (await jobs()).find(({ name }) => name === place.job);
    return [...fieldFlags(job), ...place.flags.filter((flag) => !flag.hidden).map(flagCandidate)].filter(startsSo);
  }
  return (await wordsAt(place, jobs)).filter(startsSo);
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
  const words: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind === 'word') words.push(token.text);
    else if (token && token.value === undefined && (findFlag(all, token)?.kind ?? 'switch') !== 'switch') index++;
  }
  const command = findCommand(words.slice(0, 2)) ?? findCommand(words.slice(0, 1));
  const isGroup = commands.some(({ path }) => path.length > 1 && path[0] === words[0]);
  const implicit = !command && !isGroup && words[0] !== undefined ? findCommand(['run']) : undefined;
  const job = command?.job ? words[1] : implicit ? words[0] : undefined;
  const flags = [...((command ?? implicit)?.flags ?? []), ...everywhere];
  return { path: words, command: command ?? implicit, job, flags };
}

function flagThatWants(last: string | undefined, flags: readonly Flag[]): Flag | undefined {
  const [token] = last === undefined ? [] : tokenize([last]);
  if (token?.kind !== 'flag' || token.value !== undefined) return undefined;
  const flag = findFlag(flags, token);
  return flag && flag.kind !== 'switch' ? flag : undefined;
}

async function valuesOf(flag: Flag, jobs: () => Promise<readonly AnyJob[]>): Promise<Candidate[]> {
  if (flag.name === 'job') return (await jobs()).map(jobCandidate);
  if (flag.name === 'state') return runStates.map((text) => ({ text, says: '' }));
  return (flag.oneOf ?? []).map((text) => ({ text, says: '' }));
}

async function wordsAt(place: Place, jobs: () => Promise<readonly AnyJob[]>): Promise<Candidate[]> {
  const { path, command, job } = place;
  if (path.length === 0) return [...nextWords([]), ...(await jobs()).map(jobCandidate)];
  if (!command) return nextWords(path);
  if (command.path[0] === 'completion') return shells.map((text) => ({ text, says: '' }));
  if (command.path[0] === 'help') return nextWords(path.slice(1));
  const wantsJob = (command.job && job === undefined) || command.takes === '<Job>';
  return wantsJob && path.length === command.path.length ? (await jobs()).map(jobCandidate) : [];
}

/** The words that continue a path of commands. */
function nextWords(path: readonly string[]): Candidate[] {
  const found = new Map<string, string>();
  for (const command of commands) {
    const word = command.path[path.length];
    const fits = path.every((part, index) => command.path[index] === part);
    if (command.hidden || word === undefined || !fits || found.has(word)) continue;
    const isLeaf = command.path.length === path.length + 1;
    found.set(word, isLeaf ? command.summary : `${word} …`);
  }
  return [...found].map(([text, says]) => ({ text, says }));
}

function fieldFlags(job: AnyJob | undefined): Candidate[] {
  const fields = job && fieldsOf(job);
  return (fields?.all ?? []).map(({ flag, schema }) => ({ text: `--${flag}`, says: schema.description ?? '' }));
}

function flagCandidate(flag: Flag): Candidate {
  return { text: `--${flag.name}`, says: flag.says };
}

function jobCandidate(job: AnyJob): Candidate {
  return { text: job.name, says: job.summary };
}
