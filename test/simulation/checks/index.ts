import type { MakeCheck } from '../check.ts';
import { allEnd } from './all-end.ts';
import { callbacksOnce } from './callbacks-once.ts';
import { cancelEnds } from './cancel-ends.ts';
import { childTruth } from './child-truth.ts';
import { crashedRightly } from './crashed-rightly.ts';
import { keysOnce } from './keys-once.ts';
import { messagesOnce } from './messages-once.ts';
import { noBodyAfterRecord } from './no-body-after-record.ts';
import { notEarly } from './not-early.ts';
import { oneChild } from './one-child.ts';
import { oneHolder } from './one-holder.ts';
import { oneRecord } from './one-record.ts';
import { outputWhole } from './output-whole.ts';
import { pauseBinds } from './pause-binds.ts';
import { pruneSpares } from './prune-spares.ts';
import { repeatsAlike } from './repeats-alike.ts';
import { sameResults } from './same-results.ts';

/** What is promised, a file each. Those of schedules and locks stand here when they come. */
export const checks: readonly MakeCheck[] = [
  oneRecord,
  noBodyAfterRecord,
  sameResults,
  oneHolder,
  notEarly,
  cancelEnds,
  allEnd,
  messagesOnce,
  keysOnce,
  callbacksOnce,
  childTruth,
  repeatsAlike,
  pruneSpares,
  pauseBinds,
  oneChild,
  outputWhole,
  crashedRightly,
];
