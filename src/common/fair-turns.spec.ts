import { expect, test } from 'vitest';
import { FairTurns } from './fair-turns.js';

test('those who wait are served in turn by whom they belong to, and each may have so many waiting', async () => {
  const turns = new FairTurns({ atOnce: 1, waitingOfOne: 2, waitingInAll: 3 });
  const order: string[] = [];
  let end!: () => void;
  const running = turns.take('loud', () => new Promise<void>((resolve) => (end = resolve)));
  const take = (owner: string, what: string) => turns.take(owner, async () => order.push(what));
  const waiting = [take('loud', 'loud 1'), take('loud', 'loud 2')];
  await expect(take('loud', 'loud 3')).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', status: 429 });
  waiting.push(take('quiet', 'quiet 1'));
  await expect(take('other', 'other 1')).rejects.toMatchObject({ code: 'SYSTEM_OVERLOADED', status: 503 });
  expect(order).toEqual([]);
  end();
  await Promise.all([running, ...waiting]);
  expect(order).toEqual(['loud 1', 'quiet 1', 'loud 2']);
  await expect(turns.take('loud', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  await take('loud', 'last');
  expect(order.at(-1)).toBe('last');
});
