import { expect, test } from 'vitest';
import { TurnsPerUser } from './turns-per-user.js';

test('one user leaves room for others, all together have a bound, and what is done makes room', async () => {
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
