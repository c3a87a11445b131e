/** What happens inside a write transaction. */
const writes = [
  'submit',
  'registerWorker',
  'heartbeat',
  'heartbeatAlone',
  'evict',
  'claim',
  'reclaim',
  'record',
  'append',
  'act',
  'plan',
  'fire',
  'prune',
] as const;

/** What reads one snapshot. */
const reads = [
  'workers',
  'messages',
  'steps',
  'get',
  'list',
  'tail',
  'due',
  'pauses',
  'backlog',
  'stats',
  'prunable',
  'lookInside',
] as const;

/** All that the writer is asked for; `migrate` has transactions of its own. */
export type Method = (typeof writes)[number] | (typeof reads)[number] | 'migrate';

/** Stands apart from the methods themselves, so that the caller's thread need not load them. */
export function isWrite(method: Method): boolean {
  return writeNames.has(method);
}

const writeNames = new Set<string>(writes);
