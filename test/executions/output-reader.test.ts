import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { LiveOutputs } from '../../src/output/live-outputs.js';
import { encodeFrame, encodeStored, outputChannel, type OutputFrame } from '../../src/output/output-frame.js';
import { OutputReader } from '../../src/output/output-reader.js';
import { StoredOutputReader } from '../../src/output/stored-output-reader.js';
import { appendSegment } from '../../src/output/output.queries.js';
import { UnreadBytes, unreadLimits } from '../../src/request-limits/unread-bytes.js';
import { MemoryBus, RedisBus, type Bus } from '../../src/infra/bus.js';
import { createDataSource } from '../../src/infra/data-source.js';
import { Database } from '../../src/infra/database.js';
import { Events } from '../../src/infra/events.js';
import { TestDatabase } from '../support/database.js';
import { usesRedis } from '../support/mode.js';
import { RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

// These tests run the reader with a real database and a real bus, and a recorder whose messages can be lost.
const logger = pino({ level: 'silent' });
let testDatabase: TestDatabase;
let redis: RedisServer | undefined;
let database: Database;
let bus: Bus;
let reader: OutputReader;
const unread = new UnreadBytes();
let id: string;
let events: Events;

beforeAll(async () => {
  testDatabase = await TestDatabase.create(inject('postgresUrl'));
  const settings = { url: testDatabase.url, poolSize: 4, applicationName: 'test-reader' };
  database = new Database(await createDataSource(settings).initialize(), logger);
  if (usesRedis) redis = await RedisServer.start();
  bus = redis ? new RedisBus(new Redis(redis.url), new Redis(redis.url), logger) : new MemoryBus(logger);
  events = new Events(bus, logger);
  await events.start();
  reader = new OutputReader(new StoredOutputReader(database), new LiveOutputs(bus, events));
});
afterAll(async () => {
  await bus.close();
  await database.close();
  await redis?.stop();
  await testDatabase.drop();
});

beforeEach(async () => {
  id = randomUUID();
  await database.query(
    `INSERT INTO executions (id, requested_by, status, command, timeout, generation)
     VALUES ($1, $1, 'running', 'true', 60, 1)`,
    [id],
  );
});

const frame = (offset: number, text: string): OutputFrame => ({
  offset,
  stream: 'stdout',
  text: true,
  time: 0,
  content: Buffer.from(text),
});
const say = (piece: OutputFrame) => bus.publish(outputChannel(id), encodeFrame(piece));
const store = (...pieces: OutputFrame[]) => appendSegment(database, id, 1, pieces);
const sayStored = (offset: number) => bus.publish(outputChannel(id), encodeStored(offset));

async function finish(total: number): Promise<void> {
  await database.query(
    `UPDATE executions SET status = 'completed', output_bytes = $2, exit_code = 0 WHERE id = $1`,
    [id, total],
  );
}
const sayFinished = () =>
  events.emit('execution.changed', { execution_id: id, status: 'completed' } as never);

/** Reads from an offset on, and keeps what came. */
function read(offset = 0) {
  const stop = new AbortController();
  const seen = { text: '', end: undefined as number | undefined };
  const done = (async () => {
    let next = offset;
    for await (const piece of reader.read(
      id,
      offset,
      stop.signal,
      unread.open('somebody', () => undefined),
    )) {
      if (piece.end) {
        seen.end = piece.end.total;
        continue;
      }
      expect(piece.frame.offset).toBe(next);
      next += piece.frame.content.length;
      seen.text += piece.frame.content.toString();
    }
  })();
  return { seen, done, stop: () => stop.abort() };
}

/** Resolves once the reader receives live messages: `word` was published at `offset` and has arrived. */
async function hears(reading: ReturnType<typeof read>, offset: number, word: string): Promise<void> {
  await until(() => {
    say(frame(offset, word));
    return reading.seen.text.endsWith(word);
  });
}

test('a lost frame is read from the database once it is stored', async () => {
  const reading = read();
  await hears(reading, 0, 'one ');
  say(frame(8, 'three '));
  await store(frame(0, 'one '), frame(4, 'two '));
  sayStored(8);
  await until(() => reading.seen.text === 'one two three ');
  await store(frame(8, 'three '));
  await finish(14);
  sayFinished();
  await reading.done;
  expect(reading.seen).toEqual({ text: 'one two three ', end: 14 });
});

test('a gap is filled even if no message reports that its bytes are stored', async () => {
  const reading = read();
  await hears(reading, 0, 'one ');
  await store(frame(0, 'one '), frame(4, 'two '));
  say(frame(8, 'three '));
  await until(() => reading.seen.text === 'one two three ');
  reading.stop();
  await reading.done;
});

test('a reader that missed frames that are not stored yet receives them again', async () => {
  const stop = events.on('execution.output_missed', ({ execution_id }) => {
    if (execution_id === id) for (const piece of said) say(piece);
  });
  const said = [frame(0, 'one ')];
  const early = read();
  await until(() => early.seen.text === 'one ');
  // lost on its way to everybody, and the next one is heard
  said.push(frame(4, 'two '), frame(8, 'three '));
  say(frame(8, 'three '));
  await until(() => early.seen.text === 'one two three ');
  const late = read();
  await until(() => late.seen.text === 'one two three ');
  for (const each of [early, late]) each.stop();
  await Promise.all([early.done, late.done]);
  stop();
});

test('a lost last frame is read after the message that it is stored', async () => {
  const reading = read();
  await hears(reading, 0, 'one ');
  await store(frame(0, 'one '), frame(4, 'two '));
  sayStored(8);
  // without it the store is asked only after 10 s
  await until(() => reading.seen.text === 'one two ', { timeout: 5_000 });
  reading.stop();
  await reading.done;
});

test('the end of an execution is detected without a message', async () => {
  const reading = read();
  await hears(reading, 0, 'one ');
  await store(frame(0, 'one '));
  await finish(4);
  await until(() => reading.seen.end === 4, { timeout: 30_000 });
});

test('a slow reader gets every byte and does not delay others', async () => {
  const size = 256 * 1024;
  const piece = (index: number) => frame(index * size, String.fromCharCode(97 + (index % 26)).repeat(size));
  const stop = new AbortController();
  const slow = reader.read(
    id,
    0,
    stop.signal,
    unread.open('somebody', () => undefined),
  );
  const first = slow.next();
  const quick = read();
  await until(() => {
    say(piece(0));
    return quick.seen.text.length === size;
  });
  expect((await first).value?.frame?.content.length).toBe(size);
  // 16 MiB, which is more than is kept for who is slow
  for (let index = 1; index < 64; index += 1) {
    say(piece(index));
    await until(() => quick.seen.text.length === (index + 1) * size);
  }
  for (let index = 0; index < 64; index += 1) await store(piece(index));
  await finish(64 * size);
  sayStored(64 * size);
  sayFinished();
  await quick.done;
  let position = size;
  for await (const { frame: next, end } of slow) {
    if (end) expect(end.total).toBe(position);
    if (!next) continue;
    expect([next.offset, next.content.equals(piece(position / size).content)]).toEqual([position, true]);
    position += next.content.length;
  }
  expect(position).toBe(64 * size);
});

test('a frame larger than the buffer of a connection is divided without splitting a character', async () => {
  const narrow = Object.assign(new UnreadBytes(), {
    limits: { ...unreadLimits, perConnection: 1_000, always: 100 },
  });
  const text = 'aäö€😀'.repeat(400);
  const bytes = Buffer.byteLength(text);
  await store(frame(0, 'first '), frame(6, text));
  await store(frame(6 + bytes, 'last'));
  await finish(10 + bytes);
  const stop = new AbortController();
  const room = narrow.open('somebody', () => undefined);
  let seen = '';
  for await (const { frame: piece } of reader.read(id, 0, stop.signal, room)) {
    if (!piece) continue;
    expect([piece.text, piece.offset, piece.content.length <= 1_000]).toEqual([
      true,
      Buffer.byteLength(seen),
      true,
    ]);
    seen += piece.content.toString();
  }
  expect(seen).toBe(`first ${text}last`);
  expect(narrow.total).toBe(0);
});

test('readers from different offsets share the received frames', async () => {
  const [whole, part, later] = [read(), read(2), read(6)];
  await hears(whole, 0, 'abcd');
  await until(() => part.seen.text === 'cd');
  say(frame(4, 'efgh'));
  await until(() => later.seen.text === 'gh');
  await store(frame(0, 'abcdefgh'));
  await finish(8);
  sayFinished();
  await Promise.all([whole.done, part.done, later.done]);
  expect([whole, part, later].map(({ seen }) => seen.text)).toEqual(['abcdefgh', 'cdefgh', 'gh']);
});
