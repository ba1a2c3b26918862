import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Database } from '../infra/database.js';
import { StoredOutputReader } from './stored-output-reader.js';

const mebibyte = 1024 * 1024;

/** Answers the queries of an output of 18 MiB without line feeds, and counts them. */
class LongLine {
  queries = 0;
  mostAtOnce = 0;
  private running = 0;

  async query(text: string, parameters: unknown[]): Promise<unknown[]> {
    this.queries += 1;
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    await nextTurn();
    this.running -= 1;
    if (text.includes('AS ends')) return [{ ends: String(18 * mebibyte) }];
    const offset = Number(parameters[1]) - mebibyte;
    return [{ offset, content: Buffer.alloc(mebibyte, 'a'), frame_lengths: [mebibyte], frame_flags: [0] }];
  }
}

test('the last lines of many requests are read two at a time', async () => {
  const database = new LongLine();
  const reader = new StoredOutputReader(database as unknown as Database);
  const { signal } = new AbortController();
  const starts = ['one', 'one', 'one', 'other', 'other'].map((owner) =>
    reader.offsetOfLastLines(owner, 'id', 10, undefined, signal),
  );
  expect(await Promise.all(starts)).toEqual(Array(5).fill(2 * mebibyte));
  expect(database.mostAtOnce).toBe(2);
});

test('the last lines are read no further when the client has gone', async () => {
  const database = new LongLine();
  const reader = new StoredOutputReader(database as unknown as Database);
  const client = new AbortController();
  const start = reader.offsetOfLastLines('one', 'id', 10, undefined, client.signal);
  await nextTurn();
  client.abort();
  await expect(start).rejects.toMatchObject({ code: 'SYSTEM_OVERLOADED' });
  expect(database.queries).toBeLessThan(4);
});
