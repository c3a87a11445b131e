import { describe, expect, test } from 'vitest';
import { ResultSequencer } from '../../../src/engine/steps/result-sequencer.ts';
import { turns } from '../../support/until.ts';

/** Notes what is delivered, with the number of the turn. */
function setUp() {
  const sequencer = new ResultSequencer();
  const delivered: string[] = [];
  return { sequencer, delivered, note: (name: string) => () => void delivered.push(name) };
}

describe('what was recorded', () => {
  test('is handed out in the order in which it was recorded, one a turn, whatever the order of asking', async () => {
    const { sequencer, delivered, note } = setUp();
    for (const order of [2, 0, 3, 1]) sequencer.replay(order, note(String(order)));
    expect(delivered).toEqual([]);
    const seen: string[] = [];
    while (!sequencer.isEmpty) {
      await turns(1);
      seen.push(delivered.join(''));
    }
    expect(delivered).toEqual(['0', '1', '2', '3']);
    expect(seen.filter((text, i) => text.length > (seen[i - 1] ?? '').length + 1)).toEqual([]);
  });

  test('never comes in the turn of its asking: an earlier one may be asked for later in it', async () => {
    const { sequencer, delivered, note } = setUp();
    sequencer.replay(5, note('late'));
    await Promise.resolve();
    sequencer.replay(1, note('early'));
    await turns(3);
    expect(delivered).toEqual(['early', 'late']);
  });

  test('what its delivery asks for comes before what is recorded later', async () => {
    const { sequencer, delivered, note } = setUp();
    sequencer.replay(0, () => {
      delivered.push('0');
      sequencer.replay(1, note('1'));
    });
    sequencer.replay(2, note('2'));
    await turns(5);
    expect(delivered).toEqual(['0', '1', '2']);
  });
});

describe('what is new', () => {
  test('comes at once when nothing else was handed out in this turn, the others each in a turn of its own', async () => {
    const { sequencer, delivered, note } = setUp();
    sequencer.fresh(note('a'));
    sequencer.fresh(note('b'));
    sequencer.fresh(note('c'));
    expect(delivered).toEqual(['a']);
    await turns(4);
    expect(delivered).toEqual(['a', 'b', 'c']);
  });

  test('all code that waited for a result has run before the next is delivered', async () => {
    const { sequencer, delivered, note } = setUp();
    const chain = async (name: string): Promise<void> => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      delivered.push(`after ${name}`);
    };
    sequencer.fresh(() => void chain('a'));
    sequencer.fresh(note('b'));
    await turns(3);
    expect(delivered).toEqual(['after a', 'b']);
  });

  test('waits behind all that was recorded', async () => {
    const { sequencer, delivered, note } = setUp();
    sequencer.replay(7, () => {
      delivered.push('7');
      sequencer.replay(8, note('8'));
    });
    sequencer.fresh(note('new'));
    await turns(5);
    expect(delivered).toEqual(['7', '8', 'new']);
  });

  test('keeps its order behind what still waits', async () => {
    const { sequencer, delivered, note } = setUp();
    sequencer.fresh(note('a'));
    sequencer.fresh(note('b'));
    await turns(1);
    sequencer.fresh(note('c'));
    await turns(4);
    expect(delivered).toEqual(['a', 'b', 'c']);
  });
});
