import { describe, expect, test } from 'vitest';
import { Lanes, type LaneLimits } from './lanes.js';

const limits: LaneLimits = { total: 8, perReceiver: 2, depth: 10, unknownTotal: 5, slowTotal: 3 };
const items = (count: number) => Array.from({ length: count }, (_, index) => index);
/** Lanes of unknown receivers with four items each. */
const filled = (...keys: string[]) => {
  const lanes = new Lanes<number>(limits);
  lanes.add(new Map(keys.map((key) => [key, items(4)])), new Map());
  return lanes;
};
const keysOf = (lanes: Lanes<number>) => [...lanes.next()].map(({ key }) => key);
/** The same, after one of the four was answered quickly. */
const quick = (...keys: string[]) => {
  const lanes = filled(...keys);
  for (const key of keysOf(lanes)) lanes.done(key, true);
  return lanes;
};

describe('Lanes', () => {
  test('tries an unknown receiver with one sending', () => {
    expect(keysOf(filled('a', 'b'))).toEqual(['a', 'b']);
    expect(keysOf(filled('a', 'b', 'c', 'd', 'e', 'f'))).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('serves receivers in turn, each up to its limit, and all up to the total', () => {
    expect(keysOf(quick('a', 'b'))).toEqual(['a', 'b', 'a', 'b']);
    expect(keysOf(quick('a', 'b', 'c', 'd', 'e'))).toEqual(['a', 'b', 'c', 'd', 'e', 'a', 'b', 'c']);
  });

  test('gives a slow receiver one sending at a time and hands back what waited for it', () => {
    const lanes = quick('a');
    expect(keysOf(lanes)).toEqual(['a', 'a']);
    expect(lanes.done('a', false)).toHaveLength(1);
    expect(lanes.rooms().get('a')).toBe(0);
    lanes.done('a', false);
    expect(lanes.rooms().get('a')).toBe(1);
    lanes.add(new Map([['a', [9]]]), new Map([['a', 1]]));
    expect(keysOf(lanes)).toEqual(['a']);
    expect(lanes.rooms().get('a')).toBe(0);
  });

  test('slow receivers together leave room for the others', () => {
    const lanes = filled('a', 'b', 'c', 'd');
    for (const key of keysOf(lanes)) lanes.done(key, false);
    expect(lanes.busyCount).toBe(0);
    lanes.add(new Map(['a', 'b', 'c', 'd'].map((key) => [key, [1]])), lanes.rooms());
    expect(keysOf(lanes)).toEqual(['a', 'b', 'c']);
    lanes.add(new Map([['e', items(2)]]), new Map());
    expect(keysOf(lanes)).toEqual(['e']);
  });

  test('unknown receivers that hang make room for other unknown ones before they end', () => {
    const lanes = filled('a', 'b', 'c', 'd', 'e', 'f');
    keysOf(lanes);
    expect(lanes.overdue('a')).toHaveLength(3);
    expect(keysOf(lanes)).toEqual(['f']);
    lanes.done('a', false);
    expect(lanes.busyCount).toBe(5);
  });

  test('a receiver that answers again is quick again', () => {
    const lanes = filled('a');
    for (const key of keysOf(lanes)) lanes.done(key, false);
    lanes.add(new Map([['a', [1]]]), new Map([['a', 1]]));
    for (const key of keysOf(lanes)) lanes.done(key, true);
    expect(lanes.rooms().get('a')).toBe(limits.depth);
  });

  test('wants more only of lanes that were filled and have room', () => {
    const lanes = new Lanes<number>(limits);
    lanes.add(new Map([['a', items(1)]]), new Map());
    expect(lanes.wantsMore).toBe(false);
    lanes.add(new Map([['b', items(2)]]), new Map());
    expect(lanes.wantsMore).toBe(false);
    for (const key of keysOf(lanes)) lanes.done(key, true);
    expect(lanes.wantsMore).toBe(true);
    lanes.add(new Map(), lanes.rooms());
    expect(lanes.wantsMore).toBe(false);
  });

  test('counts what waits', () => {
    const lanes = filled('a', 'b');
    expect(lanes.waitingCount).toBe(8);
    expect(keysOf(lanes)).toHaveLength(2);
    expect(lanes.waitingCount).toBe(6);
    expect(lanes.clear()).toHaveLength(6);
    expect(lanes.waitingCount).toBe(0);
    lanes.release('a');
    expect(lanes.busyCount).toBe(1);
  });
});
