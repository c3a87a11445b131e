/** The states of a run (protocol/claims#states). `queued`, `running` and `waiting` are live, the other three are final. */
export const runStates = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;
export type RunState = (typeof runStates)[number];
export type LiveState = 'queued' | 'running' | 'waiting';
export type FinalState = 'succeeded' | 'failed' | 'cancelled';

/** What asked for a run. */
export const triggers = ['cli', 'http', 'schedule', 'queue', 'api', 'parent'] as const;
export type Trigger = (typeof triggers)[number];

/** Every change of state that exists, with what causes it (protocol/claims#the-life-of-a-run). The diagram in the docs is tested against it. */
export const changes = [
  { from: 'queued', to: 'running', by: 'claim' },
  { from: 'queued', to: 'cancelled', by: 'cancel' },
  { from: 'running', to: 'succeeded', by: 'outcome' },
  { from: 'running', to: 'failed', by: 'outcome' },
  { from: 'running', to: 'cancelled', by: 'outcome' },
  { from: 'running', to: 'waiting', by: 'suspend' },
  { from: 'running', to: 'queued', by: 'suspend' },
  { from: 'running', to: 'cancelled', by: 'suspend' },
  { from: 'running', to: 'queued', by: 'handBack' },
  { from: 'running', to: 'cancelled', by: 'handBack' },
  { from: 'running', to: 'queued', by: 'evict' },
  { from: 'running', to: 'failed', by: 'evict' },
  { from: 'running', to: 'cancelled', by: 'evict' },
  { from: 'waiting', to: 'queued', by: 'mailbox' },
  { from: 'waiting', to: 'running', by: 'claim' },
  { from: 'waiting', to: 'cancelled', by: 'cancel' },
  { from: 'succeeded', to: 'queued', by: 'restart' },
  { from: 'failed', to: 'queued', by: 'retry' },
  { from: 'failed', to: 'queued', by: 'restart' },
  { from: 'cancelled', to: 'queued', by: 'retry' },
  { from: 'cancelled', to: 'queued', by: 'restart' },
] as const satisfies readonly { from: RunState; to: RunState; by: string }[];

export const finalStates = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly FinalState[];

/** Of the state of a run, or of how an attempt ended: a word that is no state is not final. */
export function isFinal(state: string): state is FinalState {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

export function isRunState(text: string): text is RunState {
  return (runStates as readonly string[]).includes(text);
}

export function isTrigger(text: string): text is Trigger {
  return (triggers as readonly string[]).includes(text);
}
