import { expect, test } from 'vitest';
import type { AppError } from '../common/errors.js';
import { SafetyThread } from './safety-thread.js';

const parent = "import { parentPort } from 'node:worker_threads';";
const threadOf = (code: string) =>
  new SafetyThread(10, false, new URL(`data:text/javascript,${encodeURIComponent(`${parent} ${code}`)}`));
const analyse = (thread: SafetyThread) => thread.analyse('a user', 'true', { safeFolders: [] });
const answer = 'parentPort.postMessage({ id }); parentPort.postMessage({ id, analysis: { safe: true } });';

test('a crashed analysis thread rejects with its cause and is replaced for the next command', async () => {
  const thread = threadOf(`parentPort.once('message', ({ id }) => {
    if (id === 1) throw new Error('broken');
    ${answer}
  });`);
  const [first, second] = await Promise.allSettled([analyse(thread), analyse(thread)]);
  expect(first).toMatchObject({ status: 'rejected', reason: { message: 'broken' } });
  expect(second).toMatchObject({ status: 'fulfilled', value: { analysis: { safe: true } } });
  await thread.close();
});

test('an analysis that exceeds its memory or time limit is reported as too complex', async () => {
  const thread = threadOf(`parentPort.once('message', ({ id }) => {
    parentPort.postMessage({ id });
    if (id === 2) for (;;);
    for (const all = []; ; ) all.push(new Array(1e5).fill(all));
  });`);
  for (const { analysis, tookMs } of await Promise.all([analyse(thread), analyse(thread)])) {
    expect(analysis.warnings).toContain('Command is too complex to be checked');
    expect(tookMs).toBeUndefined();
  }
  await thread.close();
});

test('pending analyses are rejected when the thread is closed', async () => {
  const thread = threadOf('');
  const results = Promise.allSettled([analyse(thread), analyse(thread)]);
  await thread.close();
  for (const result of await results)
    expect((result as PromiseRejectedResult).reason as AppError).toMatchObject({ code: 'SYSTEM_OVERLOADED' });
});
