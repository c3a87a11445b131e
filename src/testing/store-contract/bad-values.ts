import { hasCode } from '../../job/errors.ts';
import type { Entry } from '../../ports/store-entry.ts';
import { newId } from '../../std/id.ts';
import {
  cancelOf,
  ended,
  registration,
  eventTo,
  fireOf,
  newRun,
  newRuns,
  occurrence,
  schedulePlan,
  stepBegun,
  stepDone,
  suspended,
} from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, codeOf, only } from './harness/harness.ts';

/** What databases refuse or change without a word: U+0000, and half of a surrogate pair. */
const bad = { 'U+0000': 'a\u0000b', 'a lone surrogate': 'a\ud800b', 'a lone low surrogate': '\udc00' };

/** One bad value fails one entry (protocol/journal#bad-values). */
export function aboutBadValues({ it, expect }: Contract): void {
  for (const [name, text] of Object.entries(bad)) {
    it(`${name} in a submitted run is refused, whichever field it is in, and no run of the batch is created`, async (harness) => {
      for (const over of [
        { key: text },
        { job: text },
        { queue: text },
        { input: JSON.stringify('x').replace('x', text) },
        { args: ['fine', text] },
        { request: { headers: [['a', text]] as const, body: null, encoding: 'utf8' as const } },
        { request: { headers: [], body: text, encoding: 'utf8' as const } },
        { traceId: text },
      ]) {
        const batch = [newRun({ key: 'first' }), newRun(over), newRun()];
        const field = Object.keys(over);
        expect({ field, code: await codeOf(harness.store.submit(batch)) }).toEqual({ field, code: 'VALUE_REJECTED' });
        expect(await harness.listAll({})).toEqual([]);
      }
      expect((await harness.submit({ key: 'first' })).verdict).toBe('created');
    });

    it(`one entry of 500 with ${name} takes no other with it: refused alone, or all of it sent again in halves`, async (harness) => {
      const worker = await harness.worker();
      const kinds: ((run: string) => Entry)[] = [
        (run) => ended({ run, epoch: 1 }, { output: `"${text}"` }),
        (run) => ended({ run, epoch: 1 }, { state: 'failed', error: { code: 'X', message: text } }),
        (run) => ended({ run, epoch: 1 }, { response: { status: 200, headers: [], body: text } }),
        (run) => ended({ run, epoch: 1 }, { progress: { fraction: null, text } }),
        (run) => stepDone({ run, epoch: 1 }, text),
        (run) => stepDone({ run, epoch: 1 }, 'a', { output: `"${text}"` }),
        (run) => stepDone({ run, epoch: 1 }, 'a', { state: 'failed', error: { code: 'X', message: text } }),
        (run) => stepBegun({ run, epoch: 1 }, 'a', { child: newRun({ input: `"${text}"` }) }),
        (run) => suspended({ run, epoch: 1 }, { waitingFor: [text] }),
      ];
      for (const [round, guilty] of kinds.entries()) {
        const runs = newRuns(500, { holder: worker });
        await harness.store.submit(runs);
        const place = (round * 61) % 500;
        const entries = runs.map(({ id }, n) => (n === place ? guilty(id) : ended({ run: id, epoch: 1 })));
        const verdicts = await sendInHalves(async (part) => await harness.record(worker, ...part), entries);
        expect(verdicts.filter((verdict) => verdict === 'ok').length).toBe(499);
        expect(at(verdicts, place)).toBe('refused');
        const innocent = at(runs, place).id;
        expect(await harness.run(innocent)).toMatchObject({ state: 'running', epoch: 1 });
        expect(await harness.steps(innocent)).toEqual([]);
        expect(await harness.held(worker)).toEqual([{ run: innocent, epoch: 1 }]);
        expect(await harness.record(worker, ended({ run: innocent, epoch: 1 }))).toEqual(['ok']);
      }
    });

    it(`${name} in a word from outside is refused and none of the words is there`, async (harness) => {
      const worker = await harness.worker();
      const claim = await harness.running(worker);
      const { run } = await harness.submit();
      for (const action of [
        eventTo(claim.run, text),
        eventTo(claim.run, 'go', `"${text}"`),
        cancelOf(run.id, { reason: text }),
        cancelOf(run.id, { actor: text }),
      ]) {
        expect(await codeOf(harness.store.act([eventTo(claim.run, 'fine'), action]))).toBe('VALUE_REJECTED');
      }
      expect(await harness.inboxes(worker)).toEqual([]);
      expect(await harness.state(run.id)).toBe('queued');
    });

    it(`${name} in progress, in a schedule or in an occurrence is refused`, async (harness) => {
      const worker = await harness.worker();
      const { run, epoch } = await harness.running(worker);
      const progress = [{ run, epoch, progress: { fraction: 0.5, text } }];
      expect(await codeOf(harness.store.append({ worker, chunks: [], progress }))).toBe('VALUE_REJECTED');
      expect((await harness.run(run)).progress).toBe(null);
      const plan = async (spec: string): Promise<void> =>
        await harness.store.plan({ app: 'shop', version: '1.0.0', schedules: [schedulePlan('nightly', { spec })] });
      expect(await codeOf(plan(`"${text}"`))).toBe('VALUE_REJECTED');
      await plan('"fine"');
      const { revision } = await harness.dueSchedule('nightly');
      const runs = [occurrence('nightly', 1_700_000_000_000, { input: `"${text}"` })];
      expect(await codeOf(harness.store.fire([fireOf('nightly', revision, { runs })]))).toBe('VALUE_REJECTED');
      expect((await harness.dueSchedule('nightly')).revision).toBe(revision);
    });

    it(`${name} in a registration or in an eviction is refused and nothing of it happened`, async (harness) => {
      const worker = await harness.worker();
      const { run, epoch } = await harness.running(worker);
      for (const over of [{ node: text }, { jobs: [text] }, { version: text }]) {
        expect(await codeOf(harness.store.registerWorker(registration({ ...over, replaces: 'node-a' })))).toBe(
          'VALUE_REJECTED',
        );
      }
      const targets = [
        { id: worker, seenHeartbeat: 0, counted: true },
        { run, epoch, code: 'RUN_TIMED_OUT', message: text } as const,
      ];
      expect(await codeOf(harness.store.evict(targets))).toBe('VALUE_REJECTED');
      expect((await harness.store.workers()).map(({ id }) => id)).toEqual([worker]);
      expect(await harness.held(worker)).toEqual([{ run, epoch }]);
    });

    it(`${name} in a reference finds nothing and breaks nothing`, async (harness) => {
      await harness.submit({ key: 'a' });
      for (const call of [harness.store.get([text, 'a']), harness.store.list({ key: text, limit: 10 })]) {
        const outcome = await codeOf(call.then(() => 'answered'));
        expect(['resolved: "answered"', 'VALUE_REJECTED'].includes(outcome)).toBe(true);
      }
      expect((await harness.run('a')).key).toBe('a');
    });
  }

  it('escapes in JSON text are plain text: kept as they are', async (harness) => {
    const input = '{"nul":"\\u0000","half":"\\ud800"}';
    const worker = await harness.worker();
    const claim = await harness.running(worker, { input });
    expect(claim.input).toBe(input);
    await harness.recorded(worker, stepDone(claim, 'a', { output: input }), ended(claim, { output: input }));
    expect((await harness.run(claim.run)).output).toBe(input);
    expect(only(await harness.steps(claim.run)).output).toBe(input);
  });

  it('data of an error that a database refuses is kept or refused, without harm to others', async (harness) => {
    const worker = await harness.worker();
    const runs = newRuns(3, { holder: worker });
    await harness.store.submit(runs);
    const error = { code: 'X', message: 'x', data: { text: bad['U+0000'] } };
    const entries = runs.map(({ id }, n) => ended({ run: id, epoch: 1 }, n === 1 ? { state: 'failed', error } : {}));
    const verdicts = await sendInHalves(async (part) => await harness.record(worker, ...part), entries);
    expect([verdicts[0], verdicts[2]]).toEqual(['ok', 'ok']);
    const middle = await harness.run(at(runs, 1).id);
    if (verdicts[1] === 'ok') expect(middle.error).toEqual(error);
    else expect({ verdict: verdicts[1], state: middle.state }).toEqual({ verdict: 'refused', state: 'running' });
  });

  it('a call that is refused leaves the handle whole', async (harness) => {
    for (let n = 0; n < 30; n++) {
      const calls = [
        codeOf(harness.store.submit([newRun({ key: bad['U+0000'] })])),
        codeOf(harness.store.submit([newRun({ id: newId(), key: `good ${n}` })]).then(() => 'created')),
      ];
      expect(await Promise.all(calls)).toEqual(['VALUE_REJECTED', 'resolved: "created"']);
    }
    expect((await harness.listAll({})).length).toBe(30);
  });
}

/** Does what the journal does: a batch that is refused for its data is halved until the guilty entry stands alone. */
async function sendInHalves<T, V>(send: (part: T[]) => Promise<V[]>, entries: T[]): Promise<(V | 'refused')[]> {
  try {
    return await send(entries);
  } catch (error) {
    if (!hasCode(error, 'VALUE_REJECTED')) throw error;
    if (entries.length === 1) return ['refused'];
    const middle = Math.ceil(entries.length / 2);
    return [
      ...(await sendInHalves(send, entries.slice(0, middle))),
      ...(await sendInHalves(send, entries.slice(middle))),
    ];
  }
}
