/** Colours for a terminal, or functions that change nothing. 20 lines instead of a package: start-up is measured. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  blue(text: string): string;
  cyan(text: string): string;
}

export function createPaint(coloured: boolean): Paint {
  const style = (open: number, close: number) => (text: string) =>
    coloured && text !== '' ? `\u001B[${open}m${text}\u001B[${close}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    blue: style(34, 39),
    cyan: style(36, 39),
  };
}

/** NO_COLOR and FORCE_COLOR as https://no-color.org and Node understand them; else a terminal that is not dumb. */
export function wantsColour(env: NodeJS.ProcessEnv, isTty: boolean, noColor: boolean): boolean {
  if (noColor || (env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTty && env['TERM'] !== 'dumb';
}
