import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Why a file gave no job. `line` and `column` count from 1. */
export interface JobFileProblem {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
}

/** Finds in an error of loading where in `file`, or in what it imports, the reader has to look. */
export function problemOf(file: string, error: unknown): JobFileProblem {
  const message = messageOf(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = ownFrames(stack);
  const place = missingImport(file, message) ?? syntaxPlace(stack) ?? frames[0];
  if (!place || place.file === file) return { file, line: place?.line ?? null, column: place?.column ?? null, message };
  // The mistake is in a module that the file imports: both places are told.
  const { line, column } = frames.find((frame) => frame.file === file) ?? { line: null, column: null };
  const where = [place.file, place.line, place.column].filter((part) => part !== null).join(':');
  return { file, line, column, message: `${message} (${where})` };
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number | null;
}

/** One line; without what transformers leave in it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${JSON.stringify(error) ?? String(error)}`;
  const [first = ''] = error.message.split('\n');
  const text = first
    .replace(/^ParseError: /, 'syntax error: ')
    .replace(/\(0 , ?_?\w+\.(\w+)\)|\(0, ?_?\w+\.(\w+)\)/g, '$1$2')
    .trim();
  const syntax = error instanceof SyntaxError && !text.startsWith('syntax error');
  return syntax ? `syntax error: ${text}` : text || error.name;
}

/** The line that imports what is not there. */
function missingImport(file: string, message: string): Place | undefined {
  const [, name] = /^Cannot find (?:module|package) '([^']+)'/.exec(message) ?? [];
  if (name === undefined) return undefined;
  const importer = /imported from (\S+)$/.exec(message)?.[1] ?? file;
  const lines = read(importer).split('\n');
  // Node names a file by its absolute path where the source has a relative one, so only the last part is looked for.
  const last = name.split('/').at(-1) ?? name;
  const index = lines.findIndex((line) => /\b(?:from|import|require)\b/.test(line) && line.includes(last));
  return index === -1 ? undefined : { file: importer, line: index + 1, column: null };
}

/** `/path/x.ts:3:33` below jiti's message; `file:///path/x.mjs:3` or `/path/x.ts:3` before Node's excerpt. */
function syntaxPlace(stack: string): Place | undefined {
  const found = /^ ?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]).*?):(\d+)(?::(\d+))?$/m.exec(
    stack.split('\n    at ')[0] ?? '',
  );
  if (!found) return undefined;
  return { file: toPath(found[1] ?? ''), line: Number(found[2]), column: found[3] ? Number(found[3]) : null };
}

/** The frames in files of the user's, innermost first. */
function ownFrames(stack: string): Place[] {
  const frames = stack.split('\n').flatMap((line) => {
    const found = /^ {4}at (?:.*\()?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]).+?):(\d+):(\d+)\)?$/.exec(line);
    return found ? [{ file: toPath(found[1] ?? ''), line: Number(found[2]), column: Number(found[3]) }] : [];
  });
  // Above the user's own stands what they called of ours, such as defineJob; below them whoever called us.
  const first = frames.findIndex(({ file }) => !file.startsWith(ourFolder));
  const below = frames.findIndex(({ file }, index) => index > first && file.startsWith(ourFolder));
  if (first === -1) return [];
  return frames
    .slice(first, below === -1 ? undefined : below)
    .filter(({ file }) => !/[\\/]node_modules[\\/]/.test(file));
}

const ourFolder = fileURLToPath(new URL('..', import.meta.url));

function toPath(place: string): string {
  return place.startsWith('file:') ? fileURLToPath(place) : place;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
