// Faults that the simulation must find, each a line of the built package that says something else. A text that stands
// there no more, or more than once, fails the test of its fault: it is written anew, or another one takes its place.
// @ts-check

/**
 * @typedef {object} Planted
 * @property {string} name A sentence: what is broken by it.
 * @property {string} file Of dist.
 * @property {string} from
 * @property {string} to
 */

/** @type {readonly Planted[]} */
export const plantedFaults = [
  // Who may write.
  {
    name: 'the fence does not compare the epoch',
    file: 'job/transition.js',
    from: '&& live.epoch === by.epoch;\n}\n/** A',
    to: ';\n}\n/** A',
  },
  {
    name: 'a claim does not raise the epoch',
    file: 'adapters/sqlite/claim/claim.js',
    from: 'epoch = epoch + 1',
    to: 'epoch = max(epoch, 1)',
  },
  {
    name: 'runs that somebody holds are claimed',
    file: 'adapters/sqlite/claim/due-runs.js',
    from: 'where worker is null and suspect = ${first.suspect} and',
    to: 'where suspect = ${first.suspect} and',
  },
  {
    name: 'a repeated outcome is refused',
    file: 'job/transition.js',
    from: "return !live && ended?.epoch === by.epoch && ended.state === by.state ? 'ok' : 'stale';",
    to: "return 'stale';",
  },
  {
    name: 'an evicted worker keeps its runs',
    file: 'adapters/sqlite/worker/evict.js',
    from: "set state = 'queued', worker = null, epoch = epoch + 1",
    to: 'set epoch = epoch + 1',
  },
  {
    name: 'nobody is ever taken for dead',
    file: 'engine/liveness/rescuer.js',
    from: 'now - seen.since >= patienceMs',
    to: 'now - seen.since >= 1e9 + patienceMs',
  },
  {
    name: 'a run fails one crash too early',
    file: 'job/transition.js',
    from: 'crashes + 1 >= maxCrashes',
    to: 'crashes + 2 >= maxCrashes',
  },
  // What is due when.
  {
    name: 'runs are claimed before they are due',
    file: 'adapters/sqlite/claim/due-runs.js',
    from: 'and due_at <= ?3`',
    to: 'and due_at <= ?3 + 400`',
  },
  {
    name: 'runs of a paused job are claimed',
    file: 'adapters/sqlite/claim/claim.js',
    from: 'jobs.filter(({ name }) => !paused.job.has(name))',
    to: 'jobs.filter(() => true)',
  },
  {
    name: 'the next attempt does not wait for its delay',
    file: 'adapters/sqlite/record/record.js',
    from: 'due_at = case when ?2 = 0 then due_at else ?3 end',
    to: 'due_at = case when ?2 = 0 then due_at else min(due_at, ?3) end',
  },
  {
    name: 'a parked run does not wake by itself',
    file: 'adapters/sqlite/record/record.js',
    from: 'entry.wakeInMs === null ? null : tx.now + wholeMs(entry.wakeInMs)',
    to: 'null',
  },
  {
    name: 'a sleep that was parked ends at once',
    file: 'engine/steps/step-tries.js',
    from: 'return instant === null',
    to: 'return instant !== undefined',
  },
  // Messages.
  {
    name: 'a run is parked though a message came that it has not seen',
    file: 'job/transition.js',
    from: "return wished === 'waiting' && isNewer ? 'queued' : wished;",
    to: 'return wished;',
  },
  {
    name: 'a message does not wake a parked run',
    file: 'adapters/sqlite/mailbox/mailbox.js',
    from: "due_at = case state when 'waiting' then ?2 else due_at end",
    to: 'due_at = iif(?2 > 0, due_at, due_at)',
  },
  {
    name: 'a consumed message is delivered again',
    file: 'adapters/sqlite/mailbox/mailbox.js',
    from: 'and n > ? and n <= ? and consumed_by is null order by n`',
    to: 'and n > ? and n <= ? order by n`',
  },
  {
    name: 'a restarted step does not get its message again',
    file: 'adapters/sqlite/record/revive.js',
    from: 'update mailbox set consumed_by = null where run = ?',
    to: 'update mailbox set consumed_by = n where run = ?',
  },
  {
    name: 'a parent is not told of the end of its child',
    file: 'adapters/sqlite/record/end.js',
    from: 'if (parent !== null)',
    to: "if (parent === '')",
  },
  // Steps and replay.
  {
    name: 'recorded steps are executed again',
    file: 'engine/steps/step-results.js',
    from: "if (!record || record.state === 'running')",
    to: "if (!record || record.state === 'running' || call.kind === 'step')",
  },
  {
    name: 'the order in which results were recorded is not that of a replay',
    file: 'engine/steps/result-sequencer.js',
    from: 'this.#recorded.findIndex((other) => other.order > order)',
    to: '-1',
  },
  {
    name: 'steps are read in the order of their asking',
    file: 'adapters/sqlite/read/read.js',
    from: "order by s.state = 'running', s.n, s.first_seq",
    to: "order by s.state = 'running', s.first_seq",
  },
  {
    name: 'a step makes its child again',
    file: 'engine/steps/step-child.js',
    from: 'let child = call.record?.child ?? null;',
    to: 'let child = null;',
  },
  {
    name: 'a retry forgets what has succeeded',
    file: 'adapters/sqlite/record/revive.js',
    from: "and state = 'failed' and child is null`",
    to: 'and child is null`',
  },
  // Ends.
  {
    name: 'children go on when their parent has failed',
    file: 'adapters/sqlite/record/end.js',
    from: "next = next.filter(({ state }) => state !== 'succeeded')",
    to: "next = next.filter(({ state }) => state === 'cancelled')",
  },
  {
    name: 'claims whose answer was lost stay with their worker',
    file: 'engine/worker/claims.js',
    from: 'this.#lost = number;',
    to: 'this.#lost = null;',
  },
  {
    name: 'a claim that is made twice takes twice',
    file: 'adapters/sqlite/claim/claim.js',
    from: 'if (number <= claimed)',
    to: 'if (number < 0)',
  },
  {
    name: 'a cancel is forgotten when its run is let go',
    file: 'adapters/sqlite/record/let-go.js',
    from: 'return { isCancelled: cancel !== undefined, isNewer: mailboxSeq > seen, cancel };',
    to: 'return { isCancelled: false, isNewer: mailboxSeq > seen, cancel: undefined };',
  },
  {
    name: 'an end is called back twice',
    file: 'adapters/sqlite/record/end.js',
    from: '    for (const call of calls)\n        submitOne(tx, call);',
    to: '    for (const call of calls) { submitOne(tx, call); submitOne(tx, { ...call, id: newId(), key: call.key + ":2" }); }',
  },
  {
    name: 'a key that is taken is not looked for',
    file: 'adapters/sqlite/submit/submit.js',
    from: "return tx.db.get('select run, job, digest from keys where key = ?', key);",
    to: "tx.db.run('delete from keys where key = ?', key);",
  },
  {
    name: 'children of a parent that goes on are pruned',
    file: 'adapters/sqlite/prune.js',
    from: 'cross join live l on l.run = r.parent where r.id = o.run)',
    to: "cross join live l on l.run = r.parent where r.id = o.run and r.id = '')",
  },
];
