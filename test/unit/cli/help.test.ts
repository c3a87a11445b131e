import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { commands } from '../../../src/cli/command-table.ts';
import { candidates } from '../../../src/cli/help/candidates.ts';
import { commandHelp, topHelp } from '../../../src/cli/help/command-help.ts';
import { completionScript, shells } from '../../../src/cli/help/completion-script.ts';
import { jobHelp } from '../../../src/cli/help/job-help.ts';
import { loadCommand } from '../../../src/cli/load-command.ts';
import { createPaint } from '../../../src/cli/print/paint.ts';
import { defineJob } from '../../../src/job/define.ts';

const page = { paint: createPaint(false), width: 80 };

const report = defineJob({
  name: 'send-report',
  summary: 'Sends the report',
  details: 'Gathers the numbers of the last days and sends them. '.repeat(3),
  examples: ['onejob run send-report ann@example.com --days 7'],
  input: z.object({
    to: z.email().describe('who gets it'),
    days: z.int().default(7).describe('how many days back'),
    dryRun: z.boolean().default(false).describe('only look'),
    format: z.enum(['html', 'text']).optional(),
    tag: z.array(z.string()).optional(),
    when: z.date().optional(),
    address: z.object({ city: z.string().describe('where to'), zip: z.string().optional() }).optional(),
  }),
  cli: { positional: ['to'], short: { days: 'd' } },
  run: () => undefined,
});
const hello = defineJob({ name: 'hello', run: () => 'hello' });

describe('help', () => {
  test('GJ-6 opens with examples and names every command and flag', () => {
    const text = topHelp(page);
    expect(text.indexOf('Examples')).toBeLessThan(text.indexOf('Usage'));
    for (const command of commands.filter(({ hidden }) => !hidden)) expect(text).toContain(command.path.join(' '));
    expect(text).toContain('--store URL');
    expect(text).not.toContain('__complete');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test.each(commands.map((command) => [command.path.join(' '), command] as const))('GJ-6 of %s', (name, command) => {
    const text = commandHelp(command, page);
    expect(text).toContain(`onejob ${name}`);
    for (const flag of command.flags.filter(({ hidden }) => !hidden)) expect(text).toContain(`--${flag.name}`);
    expect(loadCommand(command)).toBeInstanceOf(Promise);
  });

  test('GJ-4 of a job shows summary, details, examples, flags with types, defaults and descriptions', () => {
    expect(jobHelp(report, page)).toMatchInlineSnapshot(`
      "send-report: Sends the report

      Gathers the numbers of the last days and sends them. Gathers the numbers of the
      last days and sends them. Gathers the numbers of the last days and sends them.

      Examples
        onejob run send-report ann@example.com --days 7

      Usage
        onejob run send-report <to> [<flag>…]

      Flags of the job
        --to <email>                  who gets it (required)
        -d, --days <whole number>     how many days back (default 7)
        --dry-run                     only look (default false)
        --format <html|text>
        --tag <text…>                 (may be repeated)
        --when <JSON>
        --address <JSON>
        --input.address.city <text>   where to
        --input.address.zip <text>

      onejob run --help shows the flags of onejob.
      "
    `);
  });

  test('GJ-4 of a job without input says how it is given something', () => {
    expect(jobHelp(hello, page)).toContain('It declares no input');
    expect(jobHelp(hello, page)).toContain('onejob run hello');
  });
});

describe('completion', () => {
  const jobs = () => Promise.resolve([hello, report]);
  const texts = async (...positionals: string[]) => (await candidates(positionals, jobs)).map(({ text }) => text);

  test('offers commands and jobs', async () => {
    expect(await texts('')).toEqual(expect.arrayContaining(['run', 'list', 'runs', 'hello', 'send-report']));
    expect(await texts('ru')).toEqual(['run', 'runs']);
    expect(await texts('runs', 're')).toEqual(['retry', 'restart']);
    expect(await texts('run', '')).toEqual(['hello', 'send-report']);
    expect(await texts('run', '--json', 's')).toEqual(['send-report']);
    expect(await texts('completion', 'z')).toEqual(['zsh']);
    expect(await texts('help', 'runs', 'w')).toEqual(['wait']);
    expect(await texts('show', 'h')).toEqual(['hello']);
  });

  test('offers the flags of the command and of the job', async () => {
    expect(await texts('run', 'send-report', '--d')).toEqual([
      '--days',
      '--dry-run',
      '--data',
      '--delay',
      '--detach',
      '--debug-port',
    ]);
    expect(await texts('send-report', '--t')).toEqual(['--to', '--tag', '--timeout', '--token']);
    expect(await texts('runs', 'list', '--st')).toEqual(['--state', '--store']);
  });

  test('offers the values of a flag', async () => {
    expect(await texts('runs', 'list', '--state', 'f')).toEqual(['failed']);
    expect(await texts('runs', 'list', '--job', 'h')).toEqual(['hello']);
    expect(await texts('list', '--log-level', 'w')).toEqual(['warn']);
    expect(await texts('list', '--config', '')).toEqual([]);
  });

  test('has a script for each shell', () => {
    for (const shell of shells) expect(completionScript(shell)).toContain('__complete -- ');
  });
});
