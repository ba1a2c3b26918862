import { pino } from 'pino';
import { expect, test } from 'vitest';
import { MemoryBus } from './bus.js';
import { RowCache } from './row-cache.js';

class BreakingBus extends MemoryBus {
  break(): void {
    this.interrupted();
  }
}

function makeCache() {
  const bus = new BreakingBus(pino({ level: 'silent' }));
  const cache = new RowCache<{ name: string }>(bus);
  let looks = 0;
  const get = (name: string) =>
    cache.get(name, async () => ((looks += 1), name === 'nobody' ? undefined : { name }));
  return { bus, cache, get, looks: () => looks };
}

test('a row is queried once, also one that does not exist', async () => {
  const { get, looks } = makeCache();
  for (let count = 0; count < 3; count += 1) {
    expect(await get('ada')).toEqual({ name: 'ada' });
    expect(await get('nobody')).toBeUndefined();
  }
  expect(looks()).toBe(2);
});

test('only a changed row is queried again', async () => {
  const { cache, get, looks } = makeCache();
  await get('ada');
  await get('grace');
  cache.forget(({ name }) => name === 'ada');
  await get('ada');
  await get('grace');
  expect(looks()).toBe(3);
});

test('a row that was read before a change is not cached after it', async () => {
  const { cache, get, looks } = makeCache();
  const reading = get('ada');
  cache.forget(() => false);
  await reading;
  await get('ada');
  expect(looks()).toBe(2);
});

test('concurrent calls share a query, but not after a change', async () => {
  const { cache, get, looks } = makeCache();
  await Promise.all([get('ada'), get('ada'), get('grace')]);
  expect(looks()).toBe(2);
  cache.forget(() => true);
  const before = get('ada');
  cache.forget(() => true);
  await Promise.all([before, get('ada'), get('ada')]);
  expect(looks()).toBe(4);
  await get('ada');
  expect(looks()).toBe(4);
});

test('nothing is cached while invalidation messages may have been lost', async () => {
  const { bus, get, looks } = makeCache();
  await get('ada');
  bus.break();
  await get('ada');
  expect(looks()).toBe(2);
});

test('a batch queries only the rows that are not cached', async () => {
  const { cache, get, looks } = makeCache();
  await get('ada');
  const asked: string[][] = [];
  const lookUp = async (keys: string[]) => {
    asked.push(keys);
    return new Map(keys.filter((name) => name !== 'nobody').map((name) => [name, { name }]));
  };
  await cache.prefetch(['ada', 'grace', 'nobody', 'grace'], lookUp);
  expect(asked).toEqual([['grace', 'nobody']]);
  expect(await get('grace')).toEqual({ name: 'grace' });
  expect(await get('nobody')).toBeUndefined();
  expect(looks()).toBe(1);
});

test('rows that were loaded in a batch before a change are queried again', async () => {
  const { cache, get, looks } = makeCache();
  let reads = 0;
  await cache.prefetch(['ada'], async () => {
    reads += 1;
    if (reads === 1) cache.forget(() => false);
    return new Map([['ada', { name: `ada ${reads}` }]]);
  });
  expect(await get('ada')).toEqual({ name: 'ada 2' });
  expect(looks()).toBe(0);
});
