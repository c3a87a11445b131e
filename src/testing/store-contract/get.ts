import { ended, newRun, stepBegun, stepDone } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only } from './harness/harness.ts';

export function aboutGet({ it, expect }: Contract): void {
  it('runs are found by id and by key, answered in the order asked, unknown ones with null', async (harness) => {
    const { run: a } = await harness.submit({ key: 'orders/7' });
    const { run: b } = await harness.submit();
    const refs = [b.id, 'orders/7', 'nobody', newRun().id, b.id];
    const found = await harness.store.get(refs);
    expect(found.map((run) => run?.id ?? null)).toEqual([b.id, a.id, null, null, b.id]);
    expect(await harness.store.get([])).toEqual([]);
  });

  it('a reference is an id first, then a key', async (harness) => {
    const { run: a } = await harness.submit();
    const { run: b } = await harness.submit({ key: a.id });
    expect((await harness.run(a.id)).id).toBe(a.id);
    expect(await harness.run(b.id)).toMatchObject({ id: b.id, key: a.id });
  });

  it('steps come only where they are asked for', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepBegun(claim, 'b', { firstSeq: 1 }), stepDone(claim, 'a'));
    const { run: bare } = await harness.submit();
    const [without] = await harness.store.get([claim.run]);
    expect(without?.steps ?? null).toBe(null);
    const found = await harness.store.get([claim.run, 'nobody', bare.id], { steps: true });
    expect(found[0]?.steps).toEqual(await harness.steps(claim.run));
    expect(found[1]).toBe(null);
    expect(found[2]?.steps).toEqual([]);
  });

  it('a run is seen by every handle as soon as a call has answered', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    expect(only(await other.get([claim.run]))?.state).toBe('running');
    await harness.recorded(worker, ended(claim));
    expect(only(await other.get([claim.run]))).toEqual(await harness.run(claim.run));
  });

  it('text of any language comes back byte for byte, in every field', async (harness) => {
    const text = '订单 7 — “naïve” 🙂👩‍👩‍👧‍👦 \u{1F1E8}\u{1F1F3} é e\u0301 \\ \' " \t \u2028 \ufeff ÿ';
    const json = JSON.stringify({ [text]: [text, 1.5e300, -0.0, 12345678901234567890n.toString()] });
    const worker = await harness.worker({ node: text });
    const run = newRun({
      key: text,
      job: text,
      queue: text,
      input: json,
      args: [text, ''],
      request: { headers: [[text, text]], body: text, encoding: 'utf8' },
    });
    await harness.store.submit([run]);
    const claim = only((await harness.claim(worker, { jobs: [text] })).claims);
    expect(claim).toMatchObject({ job: text, key: text, input: json, args: [text, ''], request: run.request });
    await harness.recorded(worker, stepDone(claim, text, { output: json }));
    const error = { code: 'X', message: text, data: { [text]: text }, stack: text };
    const response = { status: 200, headers: [[text, text]] as const, body: text };
    const progress = { fraction: 0.5, text };
    await harness.recorded(worker, ended(claim, { state: 'failed', output: json, error, response, progress }));
    const found = only(await harness.store.get([text], { steps: true }));
    const given = {
      id: run.id,
      key: text,
      job: text,
      queue: text,
      input: json,
      args: [text, ''],
      request: run.request,
    };
    expect(found).toMatchObject(given);
    expect(found).toMatchObject({ output: json, error, response, progress, node: text });
    expect(at(found?.steps ?? [], 0)).toMatchObject({ key: text, output: json });
  });

  it('JSON text is kept as it was written, spaces, order and numbers', async (harness) => {
    const input = '{ "b" : 1.0, "a":1e2,"a" : 12345678901234567890 }';
    const { run } = await harness.submit({ input });
    expect((await harness.run(run.id)).input).toBe(input);
  });

  it('values of a megabyte come back whole', async (harness) => {
    const worker = await harness.worker();
    const big = JSON.stringify('大'.repeat(349_500));
    const claim = await harness.running(worker, { input: big });
    expect(claim.input === big).toBe(true);
    await harness.recorded(worker, stepDone(claim, 'a', { output: big }));
    await harness.recorded(worker, ended(claim, { output: big }));
    const [run] = await harness.store.get([claim.run], { steps: true });
    expect([run?.input === big, run?.output === big, run?.steps?.[0]?.output === big]).toEqual([true, true, true]);
  });

  it('500 references are answered at once', async (harness) => {
    const runs = Array.from({ length: 250 }, (_, n) => newRun({ key: `key ${n}` }));
    await harness.store.submit(runs);
    const found = await harness.store.get(runs.flatMap(({ id, key }) => [id, `${key}`]));
    expect(found.map((run) => run?.id)).toEqual(runs.flatMap(({ id }) => [id, id]));
  });
}
