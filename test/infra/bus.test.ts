import { pino } from 'pino';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { RedisBus } from '../../src/infra/bus.js';
import { ensureRedisServer, RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

let server: RedisServer;
let bus: RedisBus;
let outages = 0;
let interrupted = 0;
beforeAll(ensureRedisServer);
beforeEach(async () => {
  server = await RedisServer.start();
  const options = { socketTimeout: 200, retryStrategy: () => 50 };
  const clients = [
    new Redis(server.url, { ...options, maxRetriesPerRequest: 0, enableOfflineQueue: false }),
    new Redis(server.url, { ...options, maxRetriesPerRequest: null }),
  ] as const;
  for (const client of clients) client.on('error', () => undefined);
  bus = new RedisBus(...clients, pino({ level: 'silent' }));
  outages = interrupted = 0;
  bus.onOutage(() => (outages += 1));
  bus.onInterrupted(() => (interrupted += 1));
});
afterEach(async () => {
  await bus.close();
  server.resume();
  await server.stop();
});

async function received(): Promise<string[]> {
  const messages: string[] = [];
  await bus.subscribe('news', (message) => messages.push(message.toString()));
  return messages;
}

test.each(['is killed', 'hangs'] as const)(
  'while Redis %s, messages are delivered once within their process, and subscribers poll',
  async (how) => {
    const messages = await received();
    await until(() => interrupted === 1, { what: 'the bus to be whole' });
    bus.publish('news', Buffer.from('before'));
    await until(() => messages.length === 1);
    if (how === 'hangs') server.pause();
    else await server.stop();
    await until(() => interrupted === 2, { what: 'the loss to be noticed' });
    bus.publish('news', Buffer.from('meanwhile'));
    expect(messages).toEqual(['before', 'meanwhile']);
    const calls = outages;
    await until(() => outages >= calls + 2, { what: 'readers to be called twice' });

    server.resume();
    await server.start();
    await until(() => interrupted === 3, { what: 'the bus to be whole again' });
    bus.publish('news', Buffer.from('after'));
    await until(() => messages.length === 3);
    expect(messages).toEqual(['before', 'meanwhile', 'after']);
    expect(interrupted).toBe(3);
  },
);
