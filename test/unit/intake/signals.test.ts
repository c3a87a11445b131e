import { beforeEach, describe, expect, test } from 'vitest';
import { Signals } from '../../../src/intake/signals.ts';
import type { Submitted } from '../../../src/ports/store-submit.ts';

let told: string[];
/** What executes here. */
const here = 'a';

function open(facts: { isOrdered?: boolean; joinsClaims?: boolean } = {}): Signals {
  told = [];
  const signals = new Signals({
    facts,
    others: {
      work: () => told.push('work elsewhere'),
      mailbox: (runs) => told.push(`mailbox of ${runs?.join() ?? 'any'} elsewhere`),
    },
  });
  signals.attach({
    work: () => told.push('work here'),
    mailbox: (runs) => {
      told.push(`mailbox of ${runs?.join() ?? 'any'} here`);
      return runs?.every((run) => run === here) ?? false;
    },
  });
  return signals;
}

const answer = (state: string) => ({ verdict: 'created', run: { id: 'x', state } }) as unknown as Submitted;

beforeEach(() => {
  told = [];
});

test('work is told here and elsewhere', () => {
  open().work();
  expect(told).toEqual(['work here', 'work elsewhere']);
});

test('messages to runs that all execute here are told to nobody else', () => {
  open().mailbox([here]);
  expect(told).toEqual(['mailbox of a here']);
});

test('other messages are told to all, who look for work too: a run that was parked is due', () => {
  open().mailbox([here, 'b']);
  expect(told).toEqual(['mailbox of a,b here', 'mailbox of a,b elsewhere', 'work elsewhere']);
});

test('a process without a worker tells the others', () => {
  const signals = new Signals({
    facts: {},
    others: { work: () => told.push('work elsewhere'), mailbox: () => told.push('mailbox elsewhere') },
  });
  signals.work();
  signals.mailbox(['b']);
  signals.taken();
  expect(told).toEqual(['work', 'mailbox', 'work', 'mailbox', 'work'].map((what) => `${what} elsewhere`));
});

test('a worker takes the place of the one before', () => {
  const signals = open();
  signals.attach({ work: () => told.push('work of the next'), mailbox: () => false });
  signals.workHere();
  expect(told).toEqual(['work of the next']);
});

describe('the worker of this process looks for what was submitted', () => {
  test('once it is stored', () => {
    const signals = open();
    signals.sending('submits');
    expect(told).toEqual([]);
    signals.submitted([answer('queued')]);
    expect(told).toEqual(['work here', 'work elsewhere']);
  });

  test('as it is sent, where the store keeps the order of calls', () => {
    const signals = open({ isOrdered: true });
    signals.sending('submits');
    signals.sending('actions');
    expect(told).toEqual(['work here', 'work here']);
    signals.submitted([answer('queued')]);
    signals.acted([here]);
    expect(told.slice(2)).toEqual(['work elsewhere', 'mailbox of a here']);
  });

  test('as it is sent and once it is stored, where claims only join it', () => {
    const signals = open({ joinsClaims: true });
    signals.sending('actions');
    signals.sending('submits');
    signals.submitted([answer('queued')]);
    expect(told).toEqual(['work here', 'work here', 'work elsewhere']);
  });

  test('and not, where somebody holds all of it', () => {
    open().submitted([answer('running'), answer('succeeded')]);
    expect(told).toEqual([]);
  });
});
