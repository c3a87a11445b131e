import { isErrorCode, isOnejobError } from '../../job/errors.ts';
import type { App } from '../../app/app.ts';
import { abandonedRuns } from '../../app/abandoned-runs.ts';
import type { Store } from '../../ports/store.ts';
import type { Call } from '../call.ts';
import { withDatabase } from '../database.ts';
import { exitCodes, exitOfError } from '../exit-code.ts';
import { problemLine } from '../print/problems.ts';
import { openSession } from '../session.ts';
import { usage } from '../arguments/flag.ts';

type Grade = 'ok' | 'warn' | 'fail';

interface Finding {
  readonly about: string;
  readonly grade: Grade;
  readonly text: string;
  readonly hint?: string;
  /** Exit code of a failure. */
  readonly code?: number;
}

/**
 * `onejob doctor`: what is in order, and what to do where it is not. The exit code is that of the worst finding: 0 for
 * warnings, 2 or 5 for failures, as for the error. Migrates nothing.
 */
export async function execute(call: Call): Promise<number> {
  if (call.flags.has('url')) usage('onejob doctor looks at a store: leave --url out, and name the store with --store');
  const findings: Finding[] = [];
  const add = (finding: Finding) => {
    findings.push(finding);
    if (!call.terminal.json) print(call, finding);
  };
  add(checkNode());
  const app = await checkConfig(call, add);
  if (app) {
    await checkJobs(app, add);
    await app.stop();
    await checkStore(call, add);
  }
  if (call.terminal.json) {
    call.terminal.outJson({ v: 1, items: findings.map(({ code: _, ...rest }) => rest), next: null });
  }
  return Math.max(0, ...findings.map(({ code = 0 }) => code));
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
    await app.jobs.load();
  } catch (error) {
    return add(failure(about, error));
  }
  const count = app.jobs.registry.names().length;
  if (count > 0) add({ about, grade: 'ok', text: count === 1 ? 'one job' : `${count} jobs` });
  for (const problem of app.jobs.problems) {
    add({ about, grade: 'fail', text: problemLine(problem), hint: 'its jobs are missing, the others work', code: 2 });
  }
  if (count > 0 || app.jobs.problems.length > 0) return;
  add({ about, grade: 'warn', text: 'none found', hint: 'put one into jobs/NAME.job.ts, or say where with --jobs' });
}

/** Answers about the store come from its adapter; nothing here asks which store it is. */
async function checkStore(call: Call, add: (finding: Finding) => void): Promise<void> {
  const about = 'store';
  try {
    await withDatabase(call, async ({ store, upkeepIfAny, settings }) => {
      const { from, to } = await store.migrate({ dryRun: true });
      add({ about, grade: 'ok', text: `${store.facts.url} answers` });
      if (from < to) {
        const text = from === 0 ? 'there is no schema yet' : `schema ${from} is older than ${to}`;
        if (settings.migrate === 'auto') add({ about, grade: 'ok', text: `${text}; the first use makes it` });
        else add({ about, grade: 'warn', text, hint: 'migrate is manual: run onejob db migrate' });
        return 0;
      }
      add({ about, grade: 'ok', text: `schema ${to} is up to date` });
      await checkWriting(store, add);
      const examination = await upkeepIfAny?.examine();
      if (examination) add({ about: 'server', grade: 'ok', text: examination.server });
      for (const finding of examination?.findings ?? []) {
        add({ about: 'server', ...finding, ...(finding.grade === 'fail' && { code: exitCodes.CONFIG_INVALID }) });
      }
      if (store.facts.heartbeat === null) add(heartbeatsOnMainLoop);
      return 0;
    });
  } catch (error) {
    add(failure(about, error));
  }
}

const heartbeatsOnMainLoop: Finding = {
  about: 'store',
  grade: 'warn',
  text: 'the heartbeat comes from the main loop, so a worker counts as dead only after 60 s',
  hint: 'give the URL of the store instead of a pool or a store of your own',
};

/** Asks the store to delete what is older than a century: a write that changes nothing. */
async function checkWriting(store: Store, add: (finding: Finding) => void): Promise<void> {
  const century = 100 * 365 * 86_400_000;
  const max = 1_000_000_000;
  const policy = { succeededMs: century, failedMs: century, succeededRuns: max, failedRuns: max };
  await store.prune({ policy, limit: 1 });
  add({ about: 'store', grade: 'ok', text: 'can be written' });
  for (const { job, id } of await abandonedRuns(store)) {
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
  const positional = { ok: paint.green('✓ ok  '), warn: paint.yellow('! warn'), fail: paint.red('✗ fail') }[grade];
  terminal.out(`${positional}  ${about.padEnd(6)}  ${text}\n`);
  if (hint !== undefined) terminal.out(`${' '.repeat(16)}${paint.dim(hint)}\n`);
}
