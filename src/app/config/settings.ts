import { hostname } from 'node:os';
import type { Hooks } from '../../job/hooks.ts';
import { OnejobError } from '../../job/errors.ts';
import { givenDuration } from '../../job/given-time.ts';
import type { PrunePolicy } from '../../ports/store-query.ts';
import type { AppOptions } from './options.ts';
import { readRoles, type Role } from './role.ts';

/** The options of an app with every default filled in. */
export interface Settings {
  readonly node: string;
  /** The node was named, so it replaces its previous worker. */
  readonly nodeIsNamed: boolean;
  readonly hooks: Hooks;
  readonly slots: number;
  readonly valueBytes: number;
  readonly outputBytes: number;
  readonly leaseMs: number;
  readonly parkAfterMs: number;
  readonly retention: PrunePolicy;
  readonly exitOnStall: boolean;
  readonly migrate: 'auto' | 'manual';
  readonly roles: readonly Role[];
  /** Headers that are never stored, besides those that never are. */
  readonly redact: readonly string[];
}

/** @throws CONFIG_INVALID naming the option */
export function settingsOf(options: AppOptions): Settings {
  const { limits = {}, node } = options;
  if (node === '') throw new OnejobError('CONFIG_INVALID', 'node is empty; it is the label of this worker');
  return {
    node: node ?? hostname(),
    nodeIsNamed: node !== undefined,
    hooks: options.hooks ?? {},
    slots: wholeNumber(options.concurrency ?? 10, 'concurrency'),
    valueBytes: wholeNumber(limits.value ?? 1_048_576, 'limits.value'),
    outputBytes: wholeNumber(limits.output ?? 16_777_216, 'limits.output'),
    leaseMs: lease(options),
    parkAfterMs: givenDuration(limits.parkAfter ?? '5s', 'limits.parkAfter'),
    retention: {
      succeededMs: Math.ceil(givenDuration(options.keep?.succeeded ?? '30d', 'keep.succeeded')),
      failedMs: Math.ceil(givenDuration(options.keep?.failed ?? '90d', 'keep.failed')),
      succeededRuns: wholeNumber(options.keep?.succeededRuns ?? 1_000_000, 'keep.succeededRuns'),
      failedRuns: wholeNumber(options.keep?.failedRuns ?? 1_000_000, 'keep.failedRuns'),
    },
    exitOnStall: options.onStall === 'exit',
    migrate: options.migrate ?? 'auto',
    redact: options.redact ?? [],
    roles: readRoles(options.roles ?? (options.http ? ['worker', 'http'] : ['worker'])),
  };
}

function wholeNumber(value: number, name: string): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new OnejobError('CONFIG_INVALID', `${name} is ${value}; it is a whole number from 1`);
}

function lease({ limits }: AppOptions): number {
  const ms = givenDuration(limits?.lease ?? '10s', 'limits.lease');
  if (ms >= 1_000) return ms;
  throw new OnejobError('CONFIG_INVALID', `limits.lease is ${ms} ms; below 1 s a busy machine is taken for a dead one`);
}
