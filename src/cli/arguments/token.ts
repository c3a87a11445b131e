/**
 * One piece of a command line. `at` counts the pieces, so that one knows whether two stood side by side; `after`: it
 * stands behind `--`, so it belongs to the job.
 */
export type Token = PositionalToken | FlagToken;

export interface PositionalToken {
  readonly kind: 'positional';
  readonly text: string;
  readonly at: number;
  readonly after: boolean;
}

export interface FlagToken {
  readonly kind: 'flag';
  /** What was typed, without a value: `--log_dir`. For messages. */
  readonly typed: string;
  /** Without dashes, as typed: `log_dir`, `input.dryRun`. */
  readonly name: string;
  readonly dashes: 1 | 2;
  /** What stands behind `=`; undefined without one. */
  readonly value: string | undefined;
  readonly at: number;
  readonly after: boolean;
}

/**
 * Splits arguments into words and flags. A lone `-` (standard input), a negative number and an empty text are words;
 * `--` itself is dropped, what follows it is marked.
 */
export function tokenize(args: readonly string[]): Token[] {
  const tokens: Token[] = [];
  let after = false;
  for (const arg of args) {
    if (arg === '--' && !after) after = true;
    else tokens.push(readToken(arg, { at: tokens.length, after }));
  }
  return tokens;
}

/** A token as it was typed. */
export function textOf(token: Token): string {
  if (token.kind === 'positional') return token.text;
  return token.value === undefined ? token.typed : `${token.typed}=${token.value}`;
}

/** `log_dir`, `logDir` and `log-dir` are one name. */
export function kebab(name: string): string {
  return name
    .replaceAll('_', '-')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}

const flagShape = /^(--?)([^\d\s=.-][^\s=]*)(?:=([\s\S]*))?$/;

function readToken(arg: string, place: { at: number; after: boolean }): Token {
  const [, dashes, name, value] = flagShape.exec(arg) ?? [];
  if (dashes === undefined || name === undefined) return { kind: 'positional', text: arg, ...place };
  return { kind: 'flag', typed: dashes + name, name, dashes: dashes === '-' ? 1 : 2, value, ...place };
}
