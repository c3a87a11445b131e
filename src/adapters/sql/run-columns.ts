import type { ReadColumn } from './listed-columns.ts';

/** The columns of a run, of which MySQL has two under other names. A run has a live row or an outcome, never both. */
export function runColumns(read: ReadColumn, { key, trigger } = { key: 'key', trigger: 'trigger' }): string {
  return `
  r.id, r.${key}, r.job, r.queue, coalesce(l.state, o.state) state, r.${trigger}, r.priority,
  coalesce(l.attempt, o.attempt) attempt, coalesce(l.crashes, o.crashes) crashes, l.suspect, coalesce(l.epoch, o.epoch) epoch,
  coalesce(l.generation, o.generation) generation, ${read('r.input', 'input')}, ${read('r.args', 'args')}, ${read('r.request', 'request')},
  ${read('o.output', 'output')}, ${read('o.response', 'response')},
  ${read('coalesce(l.error, o.error)', 'error')}, coalesce(l.progress, o.progress) progress, l.waiting_for, r.schedule,
  r.scheduled_at, r.created_at, coalesce(l.due_at, o.due_at) due_at, coalesce(l.started_at, o.started_at) started_at,
  o.finished_at, coalesce(l.node, o.node) node, r.trace_id, r.parent, r.root`;
}
