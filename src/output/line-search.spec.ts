import { describe, expect, test, vi } from 'vitest';
import { LineSearch, type LineCursor, type LineSearchOptions } from './line-search.js';

const usual: LineSearchOptions = {
  text: 'needle',
  ignoreCase: false,
  context: 0,
  limit: 1000,
  stripAnsi: false,
};

/** Searches a text given in chunks, from a cursor. */
function search(
  text: Buffer,
  options: Partial<LineSearchOptions>,
  chunk = 1_000_003,
  start: LineCursor = { offset: 0, line: 1 },
) {
  const found = new LineSearch({ ...usual, ...options }, start);
  for (let at = start.offset; at < text.length && !found.isFull; at += chunk) {
    found.add(at, text.subarray(at, at + chunk), true);
    if (found.isReady) finish(found, false);
  }
  finish(found);
  return found;
}

/** Runs all steps of a search. @returns their number */
const finish = (found: LineSearch, isLast = true) => [...found.search(isLast)].length;

/** Finds the matches in the plain way, for comparison. */
function expected(text: Buffer, needle = 'needle') {
  let offset = 0;
  return text
    .toString('latin1')
    .split('\n')
    .flatMap((line, index) => {
      const at = offset;
      offset += line.length + 1;
      const match = line.indexOf(needle);
      return match < 0 ? [] : [{ line: index + 1, offset: at, match_offset: at + match }];
    });
}

const places = (found: LineSearch) =>
  found.matches.map(({ line, offset, match_offset }) => ({ line, offset, match_offset }));

describe('the line search', () => {
  const lines = Array.from({ length: 60_000 }, (_, index) =>
    index % 997 === 0 ? `${index} a needle, a needle\n` : `line ${index} of the output, äöü\n`,
  );
  const text = Buffer.from(`${lines.join('')}the last needle`);

  test('finds each matching line once, with number and offsets, for any chunk size', () => {
    const plain = expected(text);
    expect(plain).toHaveLength(62);
    for (const chunk of [777, 65_536, 1_000_003, text.length])
      expect(places(search(text, {}, chunk))).toEqual(plain);
  });

  test('stops at the maximum of matches and can be continued', () => {
    const wide = Buffer.from(`${'needle'.padEnd(3000, ' filling')}\n`.repeat(300));
    const first = search(wide, { context: 20 });
    expect(first.isFull).toBe(true);
    const rest: LineSearch[] = [];
    for (let last = first; last.isFull;) {
      last = search(wide, { context: 20 }, 1_000_003, last.cursor());
      rest.push(last);
    }
    const numbers = [first, ...rest].flatMap(({ matches }) => matches.map(({ line }) => line));
    expect(numbers).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  });

  test('continues where the previous search stopped', () => {
    const all: unknown[] = [];
    let cursor: LineCursor = { offset: 0, line: 1 };
    for (let isFull = true; isFull;) {
      const found = search(text, { limit: 7 }, 100_000, cursor);
      all.push(...places(found));
      cursor = found.cursor();
      isFull = found.isFull;
    }
    expect(all).toEqual(expected(text));
  });

  test('finds a match across two consecutive searches, with its context lines', () => {
    const cut = Buffer.from(`${'x'.repeat(1024 * 1024 - 4)}\nneedle\nafter`);
    const [match] = search(cut, { context: 1 }, 65_536).matches;
    expect(match).toMatchObject({ line: 2, offset: 1024 * 1024 - 3, text: 'needle', after: ['after'] });
  });

  test('returns context lines before and after a match', () => {
    const [first, second] = search(text, { context: 2, limit: 2 }).matches;
    expect(first).toMatchObject({
      line: 1,
      text: '0 a needle, a needle',
      before: [],
      after: ['line 1 of the output, äöü', 'line 2 of the output, äöü'],
    });
    expect(second?.before).toEqual(['line 995 of the output, äöü', 'line 996 of the output, äöü']);
    expect(search(text, { context: 1 }).matches.at(-1)).toMatchObject({ text: 'the last needle', after: [] });
  });

  test('ignores case on request', () => {
    const mixed = Buffer.from('Needle\nÄ NEEDLE\nnone\n');
    expect(search(mixed, {}).matches).toEqual([]);
    expect(search(mixed, { ignoreCase: true, text: 'nEEdle' }, 3).matches.map(({ text }) => text)).toEqual([
      'Needle',
      'Ä NEEDLE',
    ]);
  });

  test('returns part of a long line, and searches it once', () => {
    const long = Buffer.from(
      `first\n${'x'.repeat(3_000_000)}needle${'y'.repeat(3_000_000)}needle\nthen a needle`,
    );
    const found = search(long, {});
    expect(places(found)).toEqual(expected(long));
    expect(found.matches[0]?.text.length).toBe(2000);
    expect(found.matches[0]?.text).toContain('xneedley');
  });

  test('makes progress in a line without end', () => {
    const { offset, line } = search(Buffer.from('x'.repeat(3_000_000)), {}).cursor();
    expect(offset).toBeGreaterThan(1_000_000);
    expect(line).toBe(1);
  });

  test('filters by stream: line numbers count that stream, offsets count the whole output', () => {
    const found = new LineSearch(usual, { offset: 0, line: 1 });
    found.add(0, Buffer.from('one\nnee'), true);
    found.add(7, Buffer.from('needle of another stream\n'), false);
    found.add(32, Buffer.from('dle\nthree\n'), true);
    finish(found);
    expect(found.matches).toMatchObject([{ line: 2, offset: 4, match_offset: 4, text: 'needle' }]);
    expect(found.cursor()).toEqual({ offset: 42, line: 4 });
  });

  test('strips colours on request', () => {
    const [match] = search(Buffer.from('\x1b[31ma needle\x1b[0m\r\n'), { stripAnsi: true }).matches;
    expect(match?.text).toBe('a needle');
  });

  test('looks up the position only of lines that it returns', () => {
    // the streams alternate, so that every line is a piece of its own, among which its offset has to be searched
    const found = new LineSearch({ ...usual, text: 'line 3999' }, { offset: 0, line: 1 });
    const asked = vi.spyOn(found as unknown as { offsetOf: () => number }, 'offsetOf');
    let offset = 0;
    for (let index = 0; index < 4_000; index += 1)
      for (const counts of [true, false]) {
        const content = Buffer.from(`line ${index}\n`);
        found.add(offset, content, counts);
        offset += content.length;
      }
    finish(found);
    expect(found.matches).toMatchObject([{ line: 4_000, text: 'line 3999' }]);
    expect(asked.mock.calls.length).toBeLessThan(20);
  });

  test('yields to the event loop between its steps', () => {
    const found = new LineSearch({ ...usual, limit: 500, context: 20 }, { offset: 0, line: 1 });
    found.add(0, Buffer.from(`needle\n`.repeat(500)), true);
    expect(finish(found)).toBeGreaterThan(50);
    expect(found.matches).toHaveLength(500);
  });
});
