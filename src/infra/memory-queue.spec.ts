import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MemoryQueue } from './memory-queue.js';

const entry = (id: string, queue = 1, boosted = false, runs_on: string[] = []) => ({
  id,
  queue,
  boosted,
  runs_on,
});

/** Returns a queue with its processed ids in order; `end` ends one of them. */
function processing(slots: number, labels: string[] = []) {
  const queue = new MemoryQueue();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const process = () =>
    queue.process(
      async (id) => {
        begun.push(id);
        await new Promise<void>((resolve) => ends.set(id, resolve));
      },
      { slots, labels },
    );
  const end = async (id: string) => {
    ends.get(id)?.();
    await setImmediate();
  };
  return { queue, begun, process, end };
}

test('the highest priority is processed first, and entries of one priority in order of arrival', async () => {
  const { queue, begun, process, end } = processing(1);
  queue.offer([entry('low', 2), entry('normal a'), entry('normal b'), entry('high', 0)]);
  queue.offer([entry('boosted', 2, true)]);
  process();
  for (const id of ['boosted', 'high', 'normal a', 'normal b']) await end(id);
  expect(begun).toEqual(['boosted', 'high', 'normal a', 'normal b', 'low']);
});

test('concurrency equals the number of slots, and each entry is processed once', async () => {
  const { queue, begun, process, end } = processing(2);
  process();
  queue.offer([entry('a'), entry('b'), entry('c')]);
  queue.offer([entry('c'), entry('d')]);
  expect(begun).toEqual(['a', 'b']);
  await end('a');
  await end('b');
  await end('c');
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  expect(await queue.missing(['a', 'c', 'd', 'e'].map((id) => entry(id)))).toEqual(['a', 'c', 'e']);
});

test('a removed entry is not processed, and a changed priority takes effect', async () => {
  const { queue, begun, process, end } = processing(1);
  queue.offer([entry('a'), entry('b'), entry('c'), entry('d')]);
  await queue.remove(entry('a'));
  await queue.reprioritise(entry('c', 1, true));
  await queue.reprioritise(entry('unknown', 0));
  process();
  await end('c');
  queue.offer([entry('a')]);
  await end('b');
  await end('d');
  expect(begun).toEqual(['c', 'b', 'd', 'a']);
});

test('an entry that is offered again while its worker releases it is processed after the release', async () => {
  const { queue, begun, process, end } = processing(2);
  process();
  queue.offer([entry('a')]);
  queue.offer([entry('a'), entry('b')]);
  expect(begun).toEqual(['a', 'b']);
  await end('a');
  expect(begun).toEqual(['a', 'b', 'a']);
});

test('repeated removal and insertion of entries does not leak memory', async () => {
  const { queue } = processing(1);
  for (let round = 0; round < 100; round += 1) {
    const ids = Array.from({ length: 100 }, (_, i) => `${i}`);
    queue.offer(ids.map((id) => entry(id)));
    for (const id of ids) await queue.remove(entry(id));
  }
  expect(queue.size).toBeLessThan(1_200);
});

test('stopping takes no new entries and waits for those in progress', async () => {
  const { queue, begun, process, end } = processing(1);
  process();
  queue.offer([entry('a'), entry('b')]);
  let isOver = false;
  const over = queue.stopProcessing().then(() => (isOver = true));
  await setImmediate();
  expect(isOver).toBe(false);
  await end('a');
  await over;
  expect(begun).toEqual(['a']);
});

test('what asks for a label that the worker lacks is known and never taken', async () => {
  const { queue, begun, process, end } = processing(2, ['gpu', 'linux']);
  const [fitting, other] = [entry('fitting', 1, false, ['gpu']), entry('other', 0, false, ['gpu', 'big'])];
  queue.offer([other, fitting]);
  process();
  queue.offer([entry('late', 1, false, ['big']), entry('any', 2)]);
  expect(begun).toEqual(['fitting', 'any']);
  await end('fitting');
  await queue.reprioritise({ ...other, boosted: true });
  expect(begun).toEqual(['fitting', 'any']);
  expect(await queue.missing([other, fitting, entry('any')])).toEqual(['fitting']);
});

test('a paused worker takes nothing until it is resumed', async () => {
  const { queue, begun, process, end } = processing(1);
  process();
  queue.offer([entry('a'), entry('b')]);
  queue.pause();
  await end('a');
  expect(begun).toEqual(['a']);
  queue.resume();
  expect(begun).toEqual(['a', 'b']);
});
