import { expect, test } from 'vitest';
import { UnreadBytes, type Unread } from './unread-bytes.js';

const limits = {
  perConnection: 100,
  always: 10,
  slowDown: { perUser: 250, inAll: 400 },
  cutOff: { perUser: 500, inAll: 700 },
};
const never = new AbortController().signal;

function counted() {
  const all = Object.assign(new UnreadBytes(), { limits });
  const ended: string[] = [];
  const open = (owner: string, name = owner): Unread => all.open(owner, () => ended.push(name));
  return { all, ended, open };
}

test('a connection buffers up to its limit, and waiting writers continue in turn', async () => {
  const { all, open } = counted();
  const one = open('a');
  expect(one.take(60, never)).toBe(60);
  expect(one.take(60, never)).toBe(40);
  const order: string[] = [];
  const stop = new AbortController();
  const [first, second, third] = [one.take(50, never), one.take(50, stop.signal), one.take(60, never)].map(
    async (room, index) => {
      const taken = await room;
      order.push(`${index}: ${taken}`);
      return taken;
    },
  );
  stop.abort();
  expect(await second).toBe(0);
  one.remove(60);
  await first;
  expect([order, all.total]).toEqual([['1: 0', '0: 50', '2: 10'], 100]);
  await third;
  one.close();
  expect([all.total, await one.take(7, never)]).toEqual([0, 7]);
});

test('a user above the limit gets the minimum on each connection, and no connection blocks another', () => {
  const { open } = counted();
  const held = [open('a'), open('a'), open('a')];
  for (const one of held) one.add(90);
  const late = open('a');
  expect(late.take(100, never)).toBe(10);
  expect(late.take(100, never)).toBeInstanceOf(Promise);
  expect(open('b').take(100, never)).toBe(100);
  // all together have 380 now
  open('c').add(30);
  expect(open('d').take(100, never)).toBe(10);
  held[0]!.remove(90);
  expect(open('d').take(100, never)).toBe(100);
});

test('above the total limit, the largest connection of the user with the most bytes is closed', () => {
  const { all, ended, open } = counted();
  open('a', 'a1').add(200);
  open('a', 'a2').add(250);
  const late = open('a', 'a3');
  late.add(100);
  expect([ended, all.total]).toEqual([['a2'], 300]);
  open('b').add(250);
  const moved = open('an address', 'moved');
  moved.add(100);
  moved.belongTo('b');
  expect(ended).toEqual(['a2']);
  open('c').add(60);
  expect([ended, all.total]).toEqual([['a2', 'b'], 460]);
});
