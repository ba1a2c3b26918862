import { expect, test } from 'vitest';
import { TurnsPerUser } from './turns-per-user.js';

test('limits the concurrent work of each user and of all, and frees capacity when work ends', async () => {
  const turns = new TurnsPerUser({ perUser: 2, inAll: 3 });
  const ends: (() => void)[] = [];
  const work = () => new Promise<void>((resolve) => ends.push(resolve));
  const begun = [turns.take('loud', work), turns.take('loud', work)];
  await expect(turns.take('loud', work)).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', status: 429 });
  begun.push(turns.take('quiet', work));
  await expect(turns.take('other', work)).rejects.toMatchObject({ code: 'SYSTEM_OVERLOADED' });
  expect(ends).toHaveLength(3);
  for (const end of ends) end();
  await Promise.all(begun);
  await expect(turns.take('loud', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  await expect(turns.take('loud', () => Promise.resolve('done'))).resolves.toBe('done');
});

test('serves queued users round-robin, and drops requests that timed out or disconnected', async () => {
  const line = { perUser: 2, inAll: 3, timeoutMs: 60_000 };
  const turns = new TurnsPerUser({ perUser: 1, inAll: 2 }, line);
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const enter = (userId: string, signal?: AbortSignal) =>
    turns.take(
      userId,
      () => {
        order.push(userId);
        return new Promise<void>((resolve) => ends.push(resolve));
      },
      signal,
    );
  const loud = [enter('loud'), enter('loud'), enter('loud')];
  await expect(enter('loud')).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
  // one of two places is free, and the queue of another user does not block it
  const others = [enter('quiet')];
  const gone = new AbortController();
  const left = enter('gone', gone.signal);
  await expect(enter('late')).rejects.toMatchObject({ code: 'SYSTEM_OVERLOADED' });
  gone.abort();
  await expect(left).rejects.toMatchObject({ code: 'SYSTEM_OVERLOADED' });
  others.push(enter('other'));
  expect(order).toEqual(['loud', 'quiet']);
  while (ends.length > 0) {
    ends.shift()!();
    await new Promise(setImmediate);
  }
  await Promise.all([...loud, ...others]);
  // the second of the loud one came before the others, the third after them
  expect(order).toEqual(['loud', 'quiet', 'loud', 'other', 'loud']);

  const impatient = new TurnsPerUser({ perUser: 1, inAll: 1 }, { ...line, timeoutMs: 1 });
  const end = impatient.begin('loud');
  await expect(impatient.wait('loud')).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
  end();
  await expect(impatient.take('loud', () => Promise.resolve('done'))).resolves.toBe('done');
});
