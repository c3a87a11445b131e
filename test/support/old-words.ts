/** Words that the project gave up, each with what is said instead: `now` for any of `old`. */
interface OldWords {
  readonly old: readonly string[];
  readonly now: string;
  /** Only files whose path fits; all of them without it. */
  readonly in?: RegExp;
}

/** No name may have one of these among its parts: `evictedAt` has the parts `evicted` and `at`. */
export const oldParts: readonly OldWords[] = [
  { old: words('bury buries burying buried burial burials'), now: 'evict (a worker), force-end (a run)' },
  { old: words('grave graves'), now: 'EvictTarget' },
  { old: words('casualty casualties'), now: 'CrashRecord' },
  { old: words('elder elders'), now: 'previous worker' },
  { old: words('letter letters mail mails mailed'), now: 'mailbox, MailboxItem, mailboxSeq, pending' },
  { old: words('ask asks'), now: 'act, Action' },
  { old: words('enrol enrols enrolled enrolment enrolments'), now: 'registerWorker, WorkerRegistration' },
  { old: words('pulse pulses'), now: 'HeartbeatReply' },
  { old: words('beat beats beating'), now: 'heartbeat' },
  { old: words('hearts'), now: 'WriterHeartbeats' },
  { old: words('ear ears hear'), now: 'Subscriber, subscribe' },
  { old: words('gossip hearsay'), now: 'RunChangeNotifier, ChangeBuffer' },
  { old: words('talk talks'), now: 'PeerChannel, CallerQuery; info on a terminal' },
  { old: words('desk desks'), now: 'PendingCalls' },
  { old: words('wire'), now: 'codec' },
  { old: words('birth births'), now: 'SubmitResult' },
  { old: words('outlook'), now: 'ClaimCursor' },
  { old: words('lane lanes'), now: 'Batcher' },
  { old: words('odd'), now: 'rejected' },
  { old: words('dispenser'), now: 'ResultSequencer' },
  { old: words('insist insists'), now: 'retryUntilAvailable' },
  { old: words('vitals'), now: 'WorkerHealth' },
  { old: words('canceller'), now: 'MailboxReader' },
  { old: words('adopt adopts lose'), now: 'execute, markLost', in: /^src\// },
  { old: words('attendance joint'), now: 'SharedRun, ReadBatcher' },
  { old: words('strangers'), now: 'origin guard' },
  { old: words('ground grounds scene scenes'), now: 'fixture, harness' },
  { old: words('given words word says'), now: 'flags, positionals, help', in: /^(src|test\/unit)\/cli\// },
  { old: words('line lines'), now: 'ReadySlice, WriterChannel', in: /^src\/adapters\/(sqlite|sql|mysql|postgres)\// },
];

/** No name may be one of these. */
export const oldNames: readonly OldWords[] = [
  { old: words('Asked StepAsked'), now: 'StepCall' },
  { old: words('Turns SubmitLine createInTurn'), now: 'SubmitSequence, SubmitBatcher' },
  { old: words('inShort'), now: 'encode' },
  { old: words('Ahead ahead'), now: 'ClaimBuffer' },
  { old: words('Activity activity'), now: 'WaitTracker' },
  { old: words('RunNews tellingStore Word WordFile WordTable'), now: 'RunChangeHub, observedStore, Notification' },
  { old: words('handOnKey'), now: 'stepIdempotencyKey' },
  { old: words('storeZeroMs'), now: 'storeClockOffsetMs' },
  { old: words('leftBehind'), now: 'abandonedRuns' },
  { old: words('ofTheWay'), now: 'hop-by-hop headers' },
];

/** No column, table, function or variable of SQL may be called so. */
export const oldInSql: readonly OldWords[] = [
  { old: words('asked'), now: 'first_seq' },
  { old: words('words'), now: 'notifications' },
];

interface Exception {
  readonly in: RegExp;
  readonly names: readonly string[];
  readonly why: string;
}

/** Where one of the words is English and means something else. */
export const exceptions: readonly Exception[] = [
  { in: /^src\/adapters\/sqlite\/notifier\/notification-file\.ts$/, names: ['lines'], why: 'they are lines of a file' },
  { in: /^src\/testing\/store-contract\/suspend\.ts$/, names: ['odd'], why: 'a number is odd or even' },
  { in: /^test\/unit\/app\/config\.test\.ts$/, names: ['mail'], why: 'a user has a queue of that name' },
];

function words(list: string): readonly string[] {
  return list.split(' ');
}
