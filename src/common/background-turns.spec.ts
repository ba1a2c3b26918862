import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { backgroundTurn } from './background-turns.js';

function busy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

test('queued background work does not delay new connections', async () => {
  const count = 200;
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  let pieces = 0;
  const work = async () => {
    for (; accepted.length < count; pieces += 1) {
      await backgroundTurn();
      busy(4);
    }
  };
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all([work(), work(), work()]);
  expect(pieces).toBeLessThan(count / 2);
  for (const socket of [...clients, ...accepted]) socket.destroy();
  server.close();
});

test('background work runs one piece at a time, in the order of the calls', async () => {
  const done: string[] = [];
  let turn = 0;
  let isDone = false;
  const work = (name: string) =>
    backgroundTurn().then(() => {
      done.push(`${name} in turn ${turn}`);
      busy(1);
    });
  const all = Promise.all(['a', 'b', 'c'].map(work)).finally(() => (isDone = true));
  while (!isDone) {
    await nextTurn();
    turn += 1;
  }
  await all;
  expect(done.map((text) => text[0])).toEqual(['a', 'b', 'c']);
  expect(new Set(done.map((text) => text.slice(2))).size).toBe(3);
});

test('a failed piece of background work does not affect others', async () => {
  const failing = backgroundTurn().then(() => {
    throw new Error('no');
  });
  const next = backgroundTurn().then(() => 'done');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('done');
  await nextTurn();
  expect(await backgroundTurn()).toBe(undefined);
});
