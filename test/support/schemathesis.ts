import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const version = '4.32.5';

/**
 * The program that fuzzes an API by its OpenAPI document: what SCHEMATHESIS names, else one in a virtual environment of
 * Python in the temporary folder, installed once. Null, with the reason, where there is no Python or no way to install.
 */
export async function findSchemathesis(): Promise<{ program: string } | { program: null; why: string }> {
  const named = process.env['SCHEMATHESIS'];
  if (named) return { program: named };
  const folder = join(tmpdir(), `onejob-schemathesis-${version}`);
  const program = join(folder, 'bin', 'schemathesis');
  try {
    if (!existsSync(program)) {
      await run('python3', ['-m', 'venv', folder]);
      await run(join(folder, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${version}`], { timeout: 240_000 });
    }
    return { program };
  } catch (error) {
    return { program: null, why: (error as Error).message.split('\n')[0] ?? '' };
  }
}
