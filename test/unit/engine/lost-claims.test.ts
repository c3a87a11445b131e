import { beforeEach, describe, expect, test } from 'vitest';
import { LostClaims } from '../../../src/engine/lost-claims.ts';
import type { Store } from '../../../src/ports/store.ts';

let inStore: string[];
let known: string[] | null;
let looks: number;
let lost: string[];
let claims: LostClaims;

beforeEach(() => {
  [inStore, known, looks, lost] = [[], [], 0, []];
  claims = new LostClaims({
    store: {
      held: () => {
        looks++;
        return Promise.resolve(inStore.map((run) => ({ run, epoch: 1 })));
      },
    } as unknown as Store,
    worker: 'w',
    lose: (run) => void lost.push(run),
  });
});

async function beats(count: number): Promise<void> {
  for (let beat = 0; beat < count; beat++) await claims.compare(inStore.length, () => known && new Set(known));
}

describe('with each beat', () => {
  test('nothing is looked for while store and worker agree, or a claim is on its way', async () => {
    [inStore, known] = [['a'], ['a']];
    await beats(5);
    known = null;
    await beats(5);
    expect({ looks, lost }).toEqual({ looks: 0, lost: [] });
  });

  test('a run that only the worker knows is lost when two looks in a row say so', async () => {
    [inStore, known] = [['a'], ['a', 'b']];
    await beats(2);
    expect({ looks, lost }).toEqual({ looks: 1, lost: [] });
    await beats(1);
    expect({ looks, lost }).toEqual({ looks: 2, lost: ['b'] });
  });

  test('a run that ended between two looks is not', async () => {
    [inStore, known] = [['a'], ['a', 'b']];
    await beats(2);
    known = ['a'];
    await beats(1);
    known = ['a', 'b'];
    await beats(2);
    expect(lost).toEqual([]);
  });
});
