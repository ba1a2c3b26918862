import { expect, test } from 'vitest';
import { readFindings } from './read-findings.js';

const run = (results: string, rules = '[]') =>
  `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"lint","rules":${rules}}},"results":[${results}]}]}`;
const repeated = (text: string, times: number) => Array(times).fill(text).join(',');

test('the results of a file are counted, also those that are the same', async () => {
  const few = await readFindings(Buffer.from(run(repeated('{}', 1_000))));
  expect([few.contents.tasks.length, few.contents.warnings.length]).toEqual([1, 999]);
  await expect(readFindings(Buffer.from(run(repeated('{}', 300_001))))).rejects.toMatchObject({
    code: 'RESOURCE_LIMIT_EXCEEDED',
    details: { limit: 'parts' },
  });
});

test('few results are kept before their tool is known', async () => {
  const early = (times: number) =>
    `{"version":"2.1.0","runs":[{"results":[${repeated('{}', times)}],"tool":{"driver":{"name":"lint"}}}]}`;
  const { contents, tools } = await readFindings(Buffer.from(early(100)));
  expect([contents.tasks.length, tools]).toEqual([1, ['lint']]);
  const plain = `[${repeated('{"fingerprint":"a","title":"b"}', 20_001)}]`;
  for (const text of [early(20_001), plain])
    await expect(readFindings(Buffer.from(text))).rejects.toMatchObject({
      code: 'RESOURCE_LIMIT_EXCEEDED',
      details: { limit: 'results_before_tool' },
    });
});

test('results that report nothing are not kept', async () => {
  const passed = repeated('{"kind":"pass"}', 20_001);
  const text = `{"version":"2.1.0","runs":[{"results":[${passed}],"tool":{"driver":{"name":"lint"}}}]}`;
  expect((await readFindings(Buffer.from(text))).contents.tasks).toEqual([]);
});

test('a result has the rule of its index, else the first one of its id', async () => {
  const rule = (id: string, text: string) => JSON.stringify({ id, shortDescription: { text } });
  const rules = `[${rule('a', 'One')},${rule('a', 'Two')},${rule('b', 'Three')}]`;
  const results =
    '{"ruleId":"a"},{"ruleId":"a","ruleIndex":1,"message":{"text":"x"}},{"ruleId":"b"},{"ruleId":"c"}';
  const { contents } = await readFindings(Buffer.from(run(results, rules)));
  expect(contents.tasks.map(({ entry }) => entry.title)).toEqual(['One', 'Two', 'Three', 'c']);
});

test('a file is read no further when its client has gone', async () => {
  const client = new AbortController();
  const read = readFindings(Buffer.from(run(repeated('{}', 200_000))), client.signal);
  client.abort();
  await expect(read).rejects.toBe(client.signal.reason);
});
