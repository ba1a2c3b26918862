import { expect, test } from 'vitest';
import { recordedValues } from './recorded-values.js';

test('an entry keeps the beginning of long values, and short ones as they are', () => {
  const at = new Date(0);
  const short = { name: 'Shop', settings: { tags: ['a'], command_template: 'make' }, n: 1, none: null, at };
  expect(recordedValues(short)).toEqual(short);
  const long = recordedValues({
    description: `${'d'.repeat(1_023)}😀${'d'.repeat(20_000)}`,
    settings: { command_template: 'c'.repeat(65_536), environment: { A: 'b' } },
    many: Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`name ${index}`, index])),
  });
  expect(long['description']).toBe(`${'d'.repeat(1_023)}\ufffd…`);
  expect(long['settings']).toEqual({ command_template: `${'c'.repeat(1_024)}…`, environment: { A: 'b' } });
  expect(long['many']).toMatch(/^\{"name 0":0,.*…$/);
  expect(JSON.stringify(long).length).toBeLessThan(4_000);
});
