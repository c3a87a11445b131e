import { ended, newRun, stepBegun, stepDone } from './builders.ts';
import type { Contract } from './contract.ts';
import { at, only } from './scene.ts';

export function aboutGet({ it, expect }: Contract): void {
  it('runs are found by id and by key, answered in the order asked, unknown ones with null', async (scene) => {
    const { run: a } = await scene.submit({ key: 'orders/7' });
    const { run: b } = await scene.submit();
    const refs = [b.id, 'orders/7', 'nobody', newRun().id, b.id];
    const found = await scene.store.get(refs);
    expect(found.map((run) => run?.id ?? null)).toEqual([b.id, a.id, null, null, b.id]);
    expect(await scene.store.get([])).toEqual([]);
  });

  it('a reference is an id first, then a key', async (scene) => {
    const { run: a } = await scene.submit();
    const { run: b } = await scene.submit({ key: a.id });
    expect((await scene.run(a.id)).id).toBe(a.id);
    expect(await scene.run(b.id)).toMatchObject({ id: b.id, key: a.id });
  });

  it('steps come only where they are asked for', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepBegun(claim, 'b', { asked: 1 }), stepDone(claim, 'a'));
    const { run: bare } = await scene.submit();
    const [without] = await scene.store.get([claim.run]);
    expect(without?.steps ?? null).toBe(null);
    const found = await scene.store.get([claim.run, 'nobody', bare.id], { steps: true });
    expect(found[0]?.steps).toEqual(await scene.steps(claim.run));
    expect(found[1]).toBe(null);
    expect(found[2]?.steps).toEqual([]);
  });

  it('a run is seen by every handle as soon as a call has answered', async (scene) => {
    const other = await scene.second();
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    expect(only(await other.get([claim.run]))?.state).toBe('running');
    await scene.recorded(worker, ended(claim));
    expect(only(await other.get([claim.run]))).toEqual(await scene.run(claim.run));
  });

  it('text of any language comes back byte for byte, in every field', async (scene) => {
    const text = '订单 7 — “naïve” 🙂👩‍👩‍👧‍👦 \u{1F1E8}\u{1F1F3} é e\u0301 \\ \' " \t \u2028 \ufeff ÿ';
    const json = JSON.stringify({ [text]: [text, 1.5e300, -0.0, 12345678901234567890n.toString()] });
    const worker = await scene.worker({ node: text });
    const run = newRun({
      key: text,
      job: text,
      queue: text,
      input: json,
      args: [text, ''],
      request: { headers: [[text, text]], body: text, encoding: 'utf8' },
    });
    await scene.store.submit([run]);
    const claim = only((await scene.claim(worker, { jobs: [text] })).claims);
    expect(claim).toMatchObject({ job: text, key: text, input: json, args: [text, ''], request: run.request });
    await scene.recorded(worker, stepDone(claim, text, { output: json }));
    const error = { code: 'X', message: text, data: { [text]: text }, stack: text };
    const response = { status: 200, headers: [[text, text]] as const, body: text };
    const progress = { fraction: 0.5, text };
    await scene.recorded(worker, ended(claim, { state: 'failed', output: json, error, response, progress }));
    const found = only(await scene.store.get([text], { steps: true }));
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

  it('JSON text is kept as it was written, spaces, order and numbers', async (scene) => {
    const input = '{ "b" : 1.0, "a":1e2,"a" : 12345678901234567890 }';
    const { run } = await scene.submit({ input });
    expect((await scene.run(run.id)).input).toBe(input);
  });

  it('values of a megabyte come back whole', async (scene) => {
    const worker = await scene.worker();
    const big = JSON.stringify('大'.repeat(349_500));
    const claim = await scene.running(worker, { input: big });
    expect(claim.input === big).toBe(true);
    await scene.recorded(worker, stepDone(claim, 'a', { output: big }));
    await scene.recorded(worker, ended(claim, { output: big }));
    const [run] = await scene.store.get([claim.run], { steps: true });
    expect([run?.input === big, run?.output === big, run?.steps?.[0]?.output === big]).toEqual([true, true, true]);
  });

  it('500 references are answered at once', async (scene) => {
    const runs = Array.from({ length: 250 }, (_, n) => newRun({ key: `key ${n}` }));
    await scene.store.submit(runs);
    const found = await scene.store.get(runs.flatMap(({ id, key }) => [id, `${key}`]));
    expect(found.map((run) => run?.id)).toEqual(runs.flatMap(({ id }) => [id, id]));
  });
}
