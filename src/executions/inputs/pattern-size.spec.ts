import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { patternFault, PatternMatches } from './input-pattern.js';
import { patternSize } from './pattern-size.js';

test.each([
  ['abc', 3],
  ['[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}', 36],
  ['\\d{4}-\\d{2}-\\d{2}', 10],
  ['x{3,}', 4],
  ['(?:x{10}){10}', 100],
  ['[]{3}]{2}', 2],
  ['[^]{9}]', 1],
  ['[[:alpha:]{9}]', 1],
  ['\\[x{9}', 10],
  ['\\x{41}{3}', 3],
  ['\\pL', 21],
  ['(?:(?:(?:a?){10}){10}){10}', 2000],
])('%s has the size %i', (pattern, size) => {
  expect(patternSize(pattern)).toBeGreaterThanOrEqual(size);
  expect(patternSize(pattern)).toBeLessThanOrEqual(size * 1.2 + 8);
});

/** Numbers below a bound that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('a program is never much larger than the size of its pattern', () => {
  const below = numbers(7);
  const pieces =
    'a|b|.|[|]|^|-|(|(?:|(?P<n>|(?i)|)|{2}|{3,}|{2,5}|{7}|*|+|?|??|\\|\\\\|\\[|\\]|\\(|\\{|\\d|\\pL|\\p{Lu}|\\x{41}|[:alpha:]|[:|:]|[^]|{|}|,|:|$|\\b|\\C|\\E|é|𝒳'.split(
      '|',
    );
  pieces.push('|');
  let compiled = 0;
  for (let round = 0; round < 60_000; round += 1) {
    const pattern = Array.from({ length: 1 + below(14) }, () => pieces[below(pieces.length)]).join('');
    const size = patternSize(pattern);
    if (typeof size === 'object' || size > 3_000) continue;
    let program: RE2JS;
    try {
      program = RE2JS.compile(pattern);
    } catch {
      continue;
    }
    compiled += 1;
    expect(program.programSize(), pattern).toBeLessThanOrEqual(3 * size + 10);
  }
  expect(compiled).toBeGreaterThan(5_000);
});

describe('patterns that would cost too much are refused', () => {
  test.each([
    ['repetitions in repetitions', `(?:(?:(?:(?:${'.?'.repeat(60)}){5}){5}){5}){8}`, /is too large/],
    ['the other cases of wide ranges', '(?i)[B-\u{1e942}]', /ASCII/],
    ['those written as numbers', '(?i)[\\x{42}-\\x{1e942}]', /ASCII/],
    ['those of classes', 'a(?si:\\pL)', /ASCII/],
    ['many classes', '\\pL'.repeat(60), /is too large/],
    ['quotes, which hide the rest from the size', '\\Q[\\E(?:a{30}){30}', /\\Q/],
  ])('%s', (_, pattern, fault) => {
    expect(patternFault(pattern)).toMatch(fault);
  });
});

test('the values of a run share one bound', () => {
  const matches = new PatternMatches();
  const value = 'a'.repeat(40_000);
  expect(matches.matchesWhole('[a-z]+', value)).toBe(true);
  // what is known already costs nothing
  for (let time = 0; time < 10; time += 1) expect(matches.matchesWhole('[a-z]+', value)).toBe(true);
  expect(matches.matchesWhole('[a-y]+', value)).toBe(true);
  expect(matches.matchesWhole('[a-w]+', value)).toBe(true);
  expect(matches.matchesWhole('[a-v]+', value)).toBeUndefined();
});
