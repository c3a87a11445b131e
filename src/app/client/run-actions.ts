import { stepParts } from '../../engine/journal/read-past.ts';
import { storedText } from '../../intake/stored-text.ts';
import { calledBack, type CalledBack } from '../../job/callbacks.ts';
import { OnejobError } from '../../job/errors.ts';
import type { RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { ActionResult, RunAction } from '../../ports/store-action.ts';
import { newId } from '../../std/id.ts';
import type { Client } from './client.ts';
import type { StoreClientOptions } from './store-client-options.ts';

/** What a client of a store asks of runs that are there. */
export type RunActions = Pick<Client, 'cancel' | 'send' | 'retry' | 'restart'>;

export type RunActionsOptions = Pick<StoreClientOptions, 'backend' | 'registry' | 'meter' | 'actor' | 'maxBytes'> & {
  readonly find: Client['find'];
};

export function createRunActions(options: RunActionsOptions): RunActions {
  const { backend, registry, meter, actor, maxBytes, find } = options;

  async function cancel(ref: string, reason?: string, options: { now?: boolean } = {}): Promise<ActionResult> {
    const run = await find(ref);
    const { id, job, state } = run;
    const callbacks = state === 'running' ? 'unknown' : await callbacksOf(job);
    const answer = await act(id, { kind: 'cancel', callbacks, reason: reason ?? null });
    if (answer.verdict === 'done') meter?.endedByStore(run, 'cancelled');
    return options.now && answer.verdict === 'pending' ? endNow(id, reason) : answer;
  }

  async function send(ref: string, event: string, data?: unknown): Promise<ActionResult> {
    if (event === '' || event.length > 500) {
      throw new OnejobError('USAGE', 'the name of an event has 1 to 500 characters');
    }
    const limits = { maxBytes: maxBytes(), ifTooLarge: 'PAYLOAD_TOO_LARGE' } as const;
    const text = storedText(data, `the data of the event ${event}`, limits);
    return act(ref, { kind: 'event', name: event, data: text, reason: null });
  }

  async function retry(ref: string, reason?: string): Promise<ActionResult> {
    return act(ref, { kind: 'retry', reason: reason ?? null });
  }

  async function restart(
    ref: string,
    options: { from?: string | number; reason?: string } = {},
  ): Promise<ActionResult> {
    const { from, reason } = options;
    const step = typeof from === 'number' ? await stepByNumber(ref, from) : (from ?? null);
    return act(ref, { kind: 'restart', from: step, reason: reason ?? null });
  }

  async function act(ref: string, action: ActionWithoutActor): Promise<ActionResult> {
    const { id } = await find(ref);
    const { outbox, signals } = await backend();
    const answer = await outbox.act({ ...action, id: newId(), ref: id, actor });
    signals.acted(action.kind === 'cancel' && answer.verdict === 'done' ? null : [id]); // its children are told to end
    const refusal = refusalOf(id, action, answer);
    if (refusal) throw refusal;
    return answer;
  }

  /** Over its owner's head. Where the run changes hands at this very moment, it is cancelled anew. */
  async function endNow(id: RunId, reason: string | undefined): Promise<ActionResult> {
    const { store, signals } = await backend();
    const run = await find(id);
    const { state, epoch } = run;
    if (isFinal(state)) return { verdict: 'done', run: id, state };
    if (state !== 'running') return cancel(id, reason, { now: true });
    const message = `cancelled by ${actor}${reason ? `: ${reason}` : ''}`;
    const [taken = []] = await store.evict([{ run: id, epoch, code: 'RUN_CANCELLED', message }]);
    if (taken.length === 0) return endNow(id, reason);
    meter?.endedByStore(run, 'cancelled');
    signals.taken();
    return { verdict: 'done', run: id, state: 'cancelled' };
  }

  /** Where the jobs cannot be loaded a run is cancelled all the same. */
  async function callbacksOf(name: string): Promise<CalledBack> {
    const known = await registry().catch(() => null);
    const job = known?.find(name);
    return job ? calledBack(job.callbacks) : 'unknown';
  }

  async function stepByNumber(ref: string, number: number): Promise<string> {
    const { id, state } = await find(ref);
    if (!isFinal(state)) throw stillActive(id, state); // it may have that step later
    const { store } = await backend();
    const steps: { readonly key: string; readonly firstSeq: number }[] = [];
    for await (const part of stepParts(id, (request) => store.steps(request)))
      steps.push(...part.map(({ key, firstSeq }) => ({ key, firstSeq })));
    const step = steps.toSorted((a, b) => a.firstSeq - b.firstSeq)[number - 1];
    if (step) return step.key;
    throw new OnejobError('STEP_UNKNOWN', `the run ${id} has no step number ${number}; it has ${steps.length}`);
  }

  return { cancel, send, retry, restart };
}

type ActionWithoutActor = RunAction extends infer A
  ? A extends RunAction
    ? Omit<A, 'id' | 'ref' | 'actor'>
    : never
  : never;

/** Undefined: the store did it, or the owner of the run will. */
function refusalOf(id: RunId, action: ActionWithoutActor, { verdict, state }: ActionResult): OnejobError | undefined {
  switch (verdict) {
    case 'finished':
      if (action.kind !== 'retry') return new OnejobError('RUN_FINISHED', `the run ${id} has ended already: ${state}`);
      return new OnejobError('RUN_FINISHED', `the run ${id} has ${state}: there is nothing to try again`, {
        hint: `onejob runs restart ${id} runs it again from its beginning`,
      });
    case 'full':
      return new OnejobError(
        'MAILBOX_FULL',
        `the run ${id} has as many events as its mailbox holds, and takes no more now`,
        { hint: `send it again when the run has taken some; onejob runs show ${id} says what it waits for` },
      );
    case 'unknown':
      return new OnejobError('RUN_UNKNOWN', `the run ${id} is gone`);
    case 'active':
      return stillActive(id, state);
    case 'step-unknown':
      return new OnejobError(
        'STEP_UNKNOWN',
        `the run ${id} has no step ${action.kind === 'restart' ? action.from : null}`,
        { hint: `onejob runs show ${id} lists its steps` },
      );
    default:
      return undefined;
  }
}

function stillActive(id: RunId, state: string | null): OnejobError {
  return new OnejobError('RUN_ACTIVE', `the run ${id} is ${state}; only a finished run can be run again`, {
    hint: `onejob runs cancel ${id} ends it first`,
  });
}
