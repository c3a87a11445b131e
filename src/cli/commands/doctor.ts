import { isErrorCode, isOnejobError } from '../../job/errors.ts';
import type { App } from '../../app/app.ts';
import { leftBehind } from '../../app/left-behind.ts';
import type { Call } from '../call.ts';
import { exitOfError } from '../exit-code.ts';
import { problemLine } from '../print/problems.ts';
import { openSession } from '../session.ts';

type Grade = 'ok' | 'warn' | 'fail';

interface Finding {
  readonly about: string;
  readonly grade: Grade;
  readonly text: string;
  readonly hint?: string;
  /** Exit code of a failure. */
  readonly code?: number;
}

/** `onejob doctor`: what is in order, and what to do where it is not. Exit 2 or 5 after a failure, as for the error. */
export async function execute(call: Call): Promise<number> {
  const findings: Finding[] = [];
  const add = (finding: Finding) => {
    findings.push(finding);
    if (!call.terminal.json) print(call, finding);
  };
  add(checkNode());
  const app = await checkConfig(call, add);
  if (app) {
    await checkJobs(app, add);
    await checkStore(app, add);
    await app.stop();
  }
  if (call.terminal.json) {
    call.terminal.outJson({ v: 1, items: findings.map(({ code: _, ...rest }) => rest), next: null });
  }
  return findings.find(({ grade }) => grade === 'fail')?.code ?? 0;
}

function checkNode(): Finding {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const about = 'node';
  if (major > 20 || (major === 20 && minor >= 19)) return { about, grade: 'ok', text: node };
  return { about, grade: 'fail', text: `${node} is too old`, hint: 'install Node 20.19 or newer', code: 2 };
}

async function checkConfig(call: Call, add: (finding: Finding) => void): Promise<App | undefined> {
  try {
    const { app, config } = await openSession(call);
    add({ about: 'config', grade: 'ok', text: config.file ?? 'no file; defaults, flags and environment' });
    return app;
  } catch (error) {
    add(failure('config', error));
    return undefined;
  }
}

async function checkJobs(app: App, add: (finding: Finding) => void): Promise<void> {
  const about = 'jobs';
  try {
    await app.loadJobs();
  } catch (error) {
    return add(failure(about, error));
  }
  const count = app.registry.names().length;
  if (count > 0) add({ about, grade: 'ok', text: count === 1 ? 'one job' : `${count} jobs` });
  for (const problem of app.problems) {
    add({ about, grade: 'fail', text: problemLine(problem), hint: 'its jobs are missing, the others work', code: 2 });
  }
  if (count > 0 || app.problems.length > 0) return;
  add({ about, grade: 'warn', text: 'none found', hint: 'put one into jobs/NAME.job.ts, or say where with --jobs' });
}

async function checkStore(app: App, add: (finding: Finding) => void): Promise<void> {
  const about = 'store';
  try {
    const store = await app.openStore();
    add({ about, grade: 'ok', text: `${store.facts.url} answers` });
    const { from, to } = await store.migrate({ dryRun: true });
    if (from === to) add({ about, grade: 'ok', text: `schema ${to} is up to date` });
    else add({ about, grade: 'warn', text: `schema ${from} is older than ${to}`, hint: 'set migrate to auto' });
    if (from === to) await checkWriting(app, add);
  } catch (error) {
    add(failure(about, error));
  }
}

/** Asks the store to delete what is older than a century: a write that changes nothing. */
async function checkWriting(app: App, add: (finding: Finding) => void): Promise<void> {
  const store = await app.openStore();
  const century = 100 * 365 * 86_400_000;
  const most = 1_000_000_000;
  const policy = { succeededMs: century, failedMs: century, succeededRuns: most, failedRuns: most };
  await store.prune({ policy, limit: 1 });
  add({ about: 'store', grade: 'ok', text: 'can be written' });
  for (const { job, id } of await leftBehind(await app.openStore())) {
    add({
      about: 'runs',
      grade: 'warn',
      text: `${job} was left by a process that died and waits for a worker`,
      hint: `onejob runs wait ${id}, or onejob runs cancel ${id}`,
    });
  }
}

function failure(about: string, error: unknown): Finding {
  const known = isOnejobError(error) && isErrorCode(error.code);
  const hint = known ? error.hint : undefined;
  const text = error instanceof Error ? error.message : String(error);
  return { about, grade: 'fail', text, code: exitOfError(error), ...(hint !== undefined && { hint }) };
}

function print({ terminal }: Call, { about, grade, text, hint }: Finding): void {
  const { paint } = terminal;
  const word = { ok: paint.green('✓ ok  '), warn: paint.yellow('! warn'), fail: paint.red('✗ fail') }[grade];
  terminal.out(`${word}  ${about.padEnd(6)}  ${text}\n`);
  if (hint !== undefined) terminal.out(`${' '.repeat(16)}${paint.dim(hint)}\n`);
}
