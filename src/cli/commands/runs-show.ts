import type { CommandApp } from '../../app/command-app.ts';
import type { Run } from '../../job/run.ts';
import { runView } from '../../job/run-view.ts';
import type { Call } from '../call.ts';
import { printRun } from '../print/run-page.ts';
import { withApp } from '../session.ts';

/** `onejob runs show <run>`: one run with its steps, and what it started. */
export function execute(call: Call): Promise<number> {
  const { terminal, positionals } = call;
  return withApp(call, async ({ app }) => {
    const run = await app.client.find(positionals[0] ?? '', { steps: true });
    const [{ items }, stepsTotal] = await Promise.all([
      app.client.list({ parent: run.id, limit: maxChildren }),
      countSteps(app, run),
    ]);
    const children = items.toReversed();
    if (terminal.json) {
      const stepsDone = (run.steps ?? []).filter(({ state }) => state === 'succeeded').length;
      terminal.outJson({ v: 1, ...runView(run), stepsDone, stepsTotal, children: children.map(childView) });
    } else {
      printRun(terminal, run, { now: Date.now(), stepsTotal, children });
    }
    return 0;
  });
}

/** Of a pipeline whose definition is here (contract VT-15); any other job decides while it runs. */
async function countSteps(app: CommandApp, { job }: Run): Promise<number | null> {
  try {
    await app.jobs.load();
    return app.jobs.registry.find(job)?.stepNames?.length ?? null;
  } catch {
    return null; // jobs that do not load are no reason not to show a run
  }
}

function childView({ id, key, job, state }: Run): Record<string, unknown> {
  return { id, key, job, state };
}

const maxChildren = 100;
