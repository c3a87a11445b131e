import type { Contract } from './contract.ts';
import { only } from './scene.ts';
import { newRun } from './builders.ts';

export function aboutMigrate({ test, it, expect, open }: Contract): void {
  test('a new store is brought from version 0 to the current one', async () => {
    const ground = await open();
    const { from, to } = await ground.store.migrate();
    await ground.close();
    expect(from).toBe(0);
    expect(to > 0).toBe(true);
  });

  test('a dry run says what it would do and changes nothing', async () => {
    const ground = await open();
    const dry = await ground.store.migrate({ dryRun: true });
    const again = await ground.store.migrate({ dryRun: true });
    const real = await ground.store.migrate();
    await ground.close();
    expect(dry.from).toBe(0);
    expect(again).toEqual(dry);
    expect(real).toEqual(dry);
  });

  test('the store has no id before the first migration and keeps one from then on', async () => {
    const ground = await open();
    const before = ground.store.facts.id;
    await ground.store.migrate();
    const after = ground.store.facts.id;
    await ground.store.migrate();
    const later = ground.store.facts.id;
    await ground.close();
    expect(before).toBe('');
    expect(after.length > 0).toBe(true);
    expect(later).toBe(after);
  });

  test('several handles migrate a new store at the same time, one of them does it', async () => {
    const ground = await open();
    const handles = [ground.store, await ground.second(), await ground.second(), await ground.second()];
    const migrations = await Promise.all(handles.map((store) => store.migrate()));
    const ids = new Set(handles.map((store) => store.facts.id));
    const wrote = await Promise.all(handles.map((store) => store.submit([newRun()])));
    await ground.close();
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

  it('what was stored is there after another migration', async (scene) => {
    const { run } = await scene.submit({ key: 'kept' });
    await scene.store.migrate();
    expect((await scene.run('kept')).id).toBe(run.id);
  });

  it('its facts name who can see it', async ({ store }) => {
    expect(['process', 'host', 'network'].includes(store.facts.reach)).toBe(true);
    expect(store.facts.url.length > 0).toBe(true);
  });

  it('a second handle has the same id', async (scene) => {
    expect((await scene.second()).facts.id).toBe(scene.store.facts.id);
  });
}
