import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { createInstalled } from '../support/onejob.ts';
import { findSchemathesis } from '../support/schemathesis.ts';
import { startServer } from '../support/server.ts';

const job = (code: string) => `
  import { defineJob } from 'onejob';
  export default ${code};`;
const files = {
  'jobs/hello.job.mjs': job(`defineJob({ run: () => 'hello' })`),
  'jobs/hold.job.mjs': job(`defineJob({ run: ({ step }) => step.wait('word') })`),
};

/**
 * Documents and server are held against each other by a program that knows neither: thousands of requests made up from
 * the document, fitting and not. What follows a run never ends, so it is tried elsewhere; that all that fits is taken is
 * not asked for, because a schema cannot say which runs and steps there are.
 */
test(
  'schemathesis finds no answer that the document does not name, and no 500',
  { timeout: 600_000 },
  async (context) => {
    const { program, ...rest } = await findSchemathesis();
    if (program === null) {
      return context.skip(
        `schemathesis cannot be installed (${'why' in rest ? rest.why : ''}); fast-check has tried the same`,
      );
    }
    const cwd = await createInstalled(files);
    const { url } = await startServer(cwd);
    const args = ['run', `${url}/api/v1/openapi.json`, '--url', `${url}/api/v1`, '--no-color', '--seed', '20261121'];
    args.push('--exclude-path', '/events', '--exclude-path', '/runs/{ref}/logs');
    args.push('--exclude-checks', 'positive_data_acceptance', '--max-examples', '25', '--workers', '2');
    const { code, said } = await new Promise<{ code: number; said: string }>((resolve) => {
      execFile(program, args, { cwd, maxBuffer: 64 * 1_048_576 }, (error, stdout, stderr) => {
        resolve({
          code: error ? 1 : 0,
          said: (stdout + stderr).replaceAll(/.{400,}/g, (line) => `${line.slice(0, 400)}…`),
        });
      });
    });
    expect(code, said).toBe(0);
    expect((await fetch(`${url}/api/v1/jobs`)).status).toBe(200);
  },
);
