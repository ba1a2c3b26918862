import { describe, expect, test } from 'vitest';
import { jsonValues } from './json-values.js';

const readAll = (text: string, within: string[] = []) => [...jsonValues(Buffer.from(text), within)];
const read = (text: string, within: string[] = []) => readAll(text, within).filter(({ begins }) => !begins);

describe('the values of a JSON document', () => {
  test('are read one by one with their lines where asked for, and as a whole elsewhere', () => {
    const text =
      '\ufeff{\n"a": 1, "list": [\n{"x": ["]", "\\"}"]},\n\n2\n],\n"other": [\n3, 4], "text": "}"}\n';
    expect(read(text, ['', 'list'])).toEqual([
      { path: 'a', line: 2, value: 1 },
      { path: 'list.*', line: 3, value: { x: [']', '"}'] } },
      { path: 'list.*', line: 5, value: 2 },
      { path: 'other', line: 7, value: [3, 4] },
      { path: 'text', line: 8, value: '}' },
    ]);
    expect(read(text)).toHaveLength(1);
    expect(read('[[1],[2,3],[]]', ['', '*']).map(({ path, value }) => [path, value])).toEqual([
      ['*.*', 1],
      ['*.*', 2],
      ['*.*', 3],
    ]);
    expect(readAll('{"runs": [\n{"x": 1}, {}]}', ['', 'runs', 'runs.*'])).toEqual([
      { path: '', line: 1, value: undefined, begins: 'object' },
      { path: 'runs', line: 1, value: undefined, begins: 'list' },
      { path: 'runs.*', line: 2, value: undefined, begins: 'object' },
      { path: 'runs.*.x', line: 2, value: 1 },
      { path: 'runs.*', line: 2, value: undefined, begins: 'object' },
    ]);
    expect(read('[]', [''])).toEqual([]);
    expect(read('{}', [''])).toEqual([]);
  });

  test.each([
    ['{"a": 1', 1],
    ['{"a": 1}\n}', 2],
    ['{"a" 1}', 1],
    ['{\n"a": 1\n"b": 2}', 3],
    ['{"list": [\n1,\n]}', 3],
    ['{"list": [1, {"x": tru}]}', 1],
    ['{"list": [1, {"x": [}]}]}', 1],
    ['{"list": ["\n"]}', 1],
    ['', 1],
    ['{1: 2}', 1],
    ['{"list": [1 2]}', 1],
  ])('of %j are refused with the line of the fault', (text, line) => {
    expect(() => read(text, ['', 'list'])).toThrow(
      expect.objectContaining({ code: 'MALFORMED_REQUEST', details: expect.objectContaining({ line }) }),
    );
  });

  test('that are too deep, or numbers that would change, are named', () => {
    const deep = '['.repeat(70) + ']'.repeat(70);
    const [one, two] = read(`[${deep}, 12345678901234567890, 1]`, ['']);
    expect(one).toMatchObject({ value: undefined, fault: expect.stringContaining('64') });
    expect(two).toMatchObject({ value: undefined, fault: expect.stringContaining('exactly') });
  });

  test('must be UTF-8', () => {
    expect(() => [...jsonValues(Buffer.from([0x22, 0xff, 0x22]), [])]).toThrow('not UTF-8');
  });
});
