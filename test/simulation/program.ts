import type { JobName } from './jobs.ts';

/** What a run does, as data: it is the run's input, so every worker and every replay reads the same. */
export interface Program {
  readonly body: Part;
  /** So many attempts throw when all is done. */
  readonly throws: number;
}

/** Names are unique within a program. */
export type Part =
  | {
      readonly kind: 'step';
      readonly name: string;
      /** By the worker's clock. */
      readonly ms: number;
      /** So many tries throw. */
      readonly fails: number;
    }
  | { readonly kind: 'sleep'; readonly name: string; readonly ms: number }
  /** For an event, which other waits may wait for, too; it gives up after `ms`, null: never. */
  | { readonly kind: 'wait'; readonly name: string; readonly event: string; readonly ms: number | null }
  | { readonly kind: 'child'; readonly name: string; readonly job: JobName; readonly program: Program }
  /** A step that kills its worker the first `times` times. */
  | { readonly kind: 'poison'; readonly name: string; readonly times: number }
  | { readonly kind: 'row' | 'all' | 'race' | 'catch'; readonly name: string; readonly parts: readonly Part[] };

/** The events that somebody must send, each as often as it stands here, or the run waits for ever. */
export function eventsOf(part: Part): string[] {
  if (part.kind === 'wait') return [part.event];
  return 'parts' in part ? part.parts.flatMap(eventsOf) : [];
}

/** The names of all parts that are steps of the run itself, in the order in which they stand. */
export function stepsOf(part: Part): string[] {
  return 'parts' in part ? part.parts.flatMap(stepsOf) : [part.name];
}
