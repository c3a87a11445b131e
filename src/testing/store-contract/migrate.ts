import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';
import { newRun } from './harness/builders.ts';

export function aboutMigrate({ test, it, expect, open }: Contract): void {
  test('a new store is brought from version 0 to the current one', async () => {
    const fixture = await open();
    const { from, to } = await fixture.store.migrate();
    await fixture.close();
    expect(from).toBe(0);
    expect(to > 0).toBe(true);
  });

  test('a dry run says what it would do and changes nothing', async () => {
    const fixture = await open();
    const dry = await fixture.store.migrate({ dryRun: true });
    const again = await fixture.store.migrate({ dryRun: true });
    const real = await fixture.store.migrate();
    await fixture.close();
    expect(dry.from).toBe(0);
    expect(again).toEqual(dry);
    expect(real).toEqual(dry);
  });

  test('the store has no id before the first migration and keeps one from then on', async () => {
    const fixture = await open();
    const before = fixture.store.facts.id;
    await fixture.store.migrate();
    const after = fixture.store.facts.id;
    await fixture.store.migrate();
    const later = fixture.store.facts.id;
    await fixture.close();
    expect(before).toBe('');
    expect(after.length > 0).toBe(true);
    expect(later).toBe(after);
  });

  test('several handles migrate a new store at the same time, one of them does it', async () => {
    const fixture = await open();
    const handles = [fixture.store, await fixture.second(), await fixture.second(), await fixture.second()];
    const migrations = await Promise.all(handles.map((store) => store.migrate()));
    const ids = new Set(handles.map((store) => store.facts.id));
    const wrote = await Promise.all(handles.map((store) => store.submit([newRun()])));
    await fixture.close();
    expect(migrations.filter(({ from }) => from === 0).length).toBe(1);
    expect(new Set(migrations.map(({ to }) => to)).size).toBe(1);
    expect(ids.size).toBe(1);
    expect(wrote.map((answers) => only(answers).verdict)).toEqual(['created', 'created', 'created', 'created']);
  });

  it('a store that is up to date stays as it is', async ({ store }) => {
    const { from, to } = await store.migrate();
    expect(from).toBe(to);
    expect(await store.migrate({ dryRun: true })).toEqual({ from, to });
  });

  it('what was stored is there after another migration', async (harness) => {
    const { run } = await harness.submit({ key: 'kept' });
    await harness.store.migrate();
    expect((await harness.run('kept')).id).toBe(run.id);
  });

  it('its facts name who can see it', async ({ store }) => {
    expect(['process', 'host', 'network'].includes(store.facts.reach)).toBe(true);
    expect(store.facts.url.length > 0).toBe(true);
  });

  it('a second handle has the same id', async (harness) => {
    expect((await harness.second()).facts.id).toBe(harness.store.facts.id);
  });
}
