import { expect, test } from 'vitest';
import { Mailbox } from '../../../src/engine/steps/mailbox.ts';
import type { MailboxItem } from '../../../src/ports/store-action.ts';

const item = (n: number, name: string, kind: MailboxItem['kind'] = 'event'): MailboxItem => ({
  n,
  kind,
  name,
  data: String(n),
  actor: null,
  reason: null,
  at: 0,
});

function setUp(...items: MailboxItem[]) {
  const box = new Mailbox(items.length, items);
  const taken: string[] = [];
  const take = (name: string, kind: MailboxItem['kind'] = 'event') =>
    box.take(kind, name, ({ n }) => taken.push(`${name} ${n}`));
  return { box, taken, take };
}

test('the oldest mailbox item of a name is taken at once, each once', () => {
  const { taken, take } = setUp(item(1, 'go'), item(2, 'stop'), item(3, 'go'));
  take('go');
  take('go');
  take('stop');
  expect(taken).toEqual(['go 1', 'go 3', 'stop 2']);
});

test('those who wait get theirs first come, first served', () => {
  const { box, taken, take } = setUp();
  box.take('event', 'go', ({ n }) => taken.push(`first ${n}`));
  box.take('event', 'go', ({ n }) => taken.push(`second ${n}`));
  box.deliver(2, [item(1, 'other'), item(2, 'go')]);
  box.deliver(3, [item(1, 'other'), item(2, 'go'), item(3, 'go')]);
  expect(taken).toEqual(['first 2', 'second 3']);
  take('other');
  expect(taken.at(-1)).toBe('other 1');
});

test('mailbox items that the store repeats until they are consumed are delivered once', () => {
  const { box, taken, take } = setUp(item(1, 'go'));
  take('go');
  for (let heartbeat = 0; heartbeat < 3; heartbeat++) box.deliver(2, [item(1, 'go'), item(2, 'go')]);
  take('go');
  take('go');
  expect(taken).toEqual(['go 1', 'go 2']);
});

test('who gives up gets none: the next one does', () => {
  const { box, taken } = setUp();
  const giveUp = box.take('event', 'go', () => taken.push('gave up'));
  box.take('event', 'go', () => taken.push('waits'));
  giveUp();
  giveUp();
  box.deliver(1, [item(1, 'go')]);
  expect(taken).toEqual(['waits']);
});

test('an event and the end of a child of one name are two things', () => {
  const { taken, take } = setUp(item(1, 'x', 'child'), item(2, 'x', 'event'));
  take('x', 'event');
  take('x', 'child');
  expect(taken).toEqual(['x 2', 'x 1']);
});

test('it has seen what it was told of, cancels too, which it never hands out', () => {
  const { box, taken, take } = setUp(item(1, '', 'cancel'));
  expect(box.seen).toBe(1);
  take('', 'cancel');
  box.deliver(3, [item(2, '', 'cancel'), item(3, 'go')]);
  expect(box.seen).toBe(3);
  box.deliver(2, []);
  expect(box.seen).toBe(3);
  expect(taken).toEqual([]);
});
