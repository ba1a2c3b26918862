import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { jsonText, type InTurn } from './json-text.js';

const never: InTurn = () => Promise.reject(new Error('no turn is needed'));
const atOnce: InTurn = (work) => work();

test.each([
  {},
  { data: {}, error: null },
  { data: { items: [] } },
  {
    data: { items: [{ a: [1, [2]], b: undefined }, null, undefined, 'x\u0001é', [], Number.NaN] },
    left: undefined,
  },
  { data: ['a', { b: [] }], meta: { at: new Date(0), nothing: {} } },
  { data: { one: undefined, two: 2, three: { four: [{ five: [5] }] } } },
])('equals the output of JSON.stringify for %j', (object) => {
  // a busy machine may take longer than what is written without a turn
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  expect(jsonText(object, never)).toBe(JSON.stringify(object));
  clock.mockRestore();
});

test('the event loop is not blocked while a long list is serialised, and no byte is lost', async () => {
  const page = (size: number) => ({
    data: { items: Array.from({ length: size }, (_, at) => ({ at, text: '\u0001'.repeat(50_000) })), size },
  });
  let served = 0;
  let isWritten = false;
  const serve = (async () => {
    for (; !isWritten; served += 1) await nextTurn();
  })();
  const bytes = await jsonText(page(100), atOnce);
  isWritten = true;
  await serve;
  expect(served).toBeGreaterThan(2);
  expect(bytes.toString()).toBe(JSON.stringify(page(100)));
  await expect(jsonText(page(200), atOnce)).rejects.toMatchObject({ code: 'ANSWER_TOO_LARGE' });
});
