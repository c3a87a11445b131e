/** A fenced block of a page. The words behind its language say what a test does with it. */
export interface Block {
  readonly language: string;
  /** `file=jobs/a.job.ts`: written there. Types are checked where it is TypeScript. */
  readonly file?: string;
  /** `run`: its `$` lines are executed; what stands below each is compared with what it prints. */
  readonly run: boolean;
  /** `exit=2`: of the last command of a block. */
  readonly exit: number;
  /** `check`: a fragment of TypeScript of which only the types are checked. */
  readonly check: boolean;
  /** `skip=why`: not run, and why. */
  readonly skip?: string;
  readonly text: string;
  readonly line: number;
}

/** A command of a `run` block and the lines that it is said to print. */
export interface Command {
  readonly command: string;
  readonly prints: readonly string[];
}

export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const [, fence = '', info = ''] = lines[i]?.match(/^(`{3,})(.*)$/) ?? [];
    if (fence === '') continue;
    const end = lines.indexOf(fence, i + 1);
    if (end === -1) throw new Error(`line ${i + 1}: the block is not closed`);
    blocks.push({ ...readInfo(info, i + 1), text: lines.slice(i + 1, end).join('\n'), line: i + 1 });
    i = end;
  }
  return blocks;
}

function readInfo(info: string, line: number): Omit<Block, 'text' | 'line'> {
  const [language = '', ...words] = info.trim().split(/\s+/);
  const read: { -readonly [K in keyof Block]?: Block[K] } = {};
  for (const word of words) {
    const [name, value] = word.split('=', 2);
    if (word === 'run' || word === 'check') read[word] = true;
    else if ((name === 'file' || name === 'skip') && value) read[name] = value;
    else if (name === 'exit' && value) read.exit = Number(value);
    else throw new Error(`line ${line}: what is ${word}?`);
  }
  return { run: false, check: false, exit: 0, language, ...read };
}

/** `$ ` begins a command, `> ` goes on with it, all else is what it prints. */
export function readCommands({ text, line }: Block): Command[] {
  const commands: { command: string; prints: string[] }[] = [];
  for (const each of text.split('\n')) {
    const last = commands.at(-1);
    if (each.startsWith('$ ')) commands.push({ command: each.slice(2), prints: [] });
    else if (!last) throw new Error(`line ${line}: a block that is run begins with '$ '`);
    else if (each.startsWith('> ') && last.prints.length === 0) last.command += `\n${each.slice(2)}`;
    else last.prints.push(each);
  }
  return commands;
}

/** What differs from run to run, and how columns are filled up, does not count. */
function comparable(line: string): string {
  return line
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<id>')
    .replaceAll(/\b[0-9a-f]{32}\b/g, '<trace>')
    .replaceAll(/\b(?=[a-z]*[0-9])[0-9a-f]{8}\b/g, '<id>')
    .replaceAll(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, '<instant>')
    .replaceAll(/\b\d\d:\d\d:\d\d\.\d{3}\b/g, '<time>')
    .replaceAll(/\b\d+(?:\.\d+)? (?:ms|s)\b/g, '<duration>')
    .replaceAll(/\bpid=\d+/g, 'pid=<pid>')
    .replaceAll(/\s+/g, ' ')
    .trimEnd();
}

/** `…` stands for any text of a line, a line of nothing else for any lines. */
export function matches(expected: readonly string[], printed: readonly string[]): boolean {
  const pattern = expected
    .map((line) => (line.trim() === '…' ? '(?:.*\\n)*?' : `${asPattern(comparable(line))}\\n`))
    .join('');
  return new RegExp(`^${pattern}$`).test(printed.map((line) => `${comparable(line)}\n`).join(''));
}

function asPattern(line: string): string {
  return line
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
}
