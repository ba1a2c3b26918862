import { describe, expect, test } from 'vitest';
import type { LaneLimits } from './lane-limits.js';
import { Lanes } from './lanes.js';

const limits: LaneLimits = {
  total: 8,
  perReceiver: 2,
  depth: 10,
  unknownTotal: 5,
  slowTotal: 3,
  perOwner: 5,
  unknownWaiting: 100,
};
const items = (count: number) => Array.from({ length: count }, (_, index) => index);
/** Lanes of unknown receivers with four items each. */
const filled = (...keys: string[]) => {
  const lanes = new Lanes<number>(() => 'one', limits);
  lanes.add(new Map(keys.map((key) => [key, items(4)])), new Map());
  return lanes;
};
const keysOf = (lanes: Lanes<number>) => [...lanes.next()].map(({ key }) => key);
/** Lanes of quick receivers with three items each: one of four was answered quickly. */
const quick = (...keys: string[]) => {
  const lanes = filled(...keys);
  for (const key of keysOf(lanes)) lanes.done(key, true);
  return lanes;
};

describe('Lanes', () => {
  test('sends one request at a time to an unknown receiver', () => {
    expect(keysOf(filled('a', 'b'))).toEqual(['a', 'b']);
    expect(keysOf(filled('a', 'b', 'c', 'd', 'e', 'f'))).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('serves receivers round-robin, each up to its limit, and all up to the total', () => {
    expect(keysOf(quick('a', 'b'))).toEqual(['a', 'b', 'a', 'b']);
    expect(keysOf(quick('a', 'b', 'c', 'd', 'e'))).toEqual(['a', 'b', 'c', 'd', 'e', 'a', 'b', 'c']);
  });

  test('limits a slow receiver to one request at a time and returns its waiting items', () => {
    const lanes = quick('a');
    expect(keysOf(lanes)).toEqual(['a', 'a']);
    expect(lanes.done('a', false)).toHaveLength(1);
    expect(lanes.capacities().get('a')).toBe(0);
    lanes.done('a', false);
    expect(lanes.capacities().get('a')).toBe(1);
    lanes.add(new Map([['a', [9]]]), new Map([['a', 1]]));
    expect(keysOf(lanes)).toEqual(['a']);
    expect(lanes.capacities().get('a')).toBe(0);
  });

  test('slow receivers together leave requests to the others', () => {
    const lanes = filled('a', 'b', 'c', 'd');
    for (const key of keysOf(lanes)) lanes.done(key, false);
    expect(lanes.busyCount).toBe(0);
    lanes.add(new Map(['a', 'b', 'c', 'd'].map((key) => [key, [1]])), lanes.capacities());
    expect(keysOf(lanes)).toEqual(['a', 'b', 'c']);
    lanes.add(new Map([['e', items(2)]]), new Map());
    expect(keysOf(lanes)).toEqual(['e']);
  });

  test('unknown receivers that hang give up their slots to other unknown ones', () => {
    const lanes = filled('a', 'b', 'c', 'd', 'e', 'f');
    keysOf(lanes);
    expect(lanes.overdue('a')).toHaveLength(3);
    expect(keysOf(lanes)).toEqual(['f']);
    lanes.done('a', false);
    expect(lanes.busyCount).toBe(5);
  });

  test('a receiver that answers again is no longer limited as slow', () => {
    const lanes = filled('a');
    for (const key of keysOf(lanes)) lanes.done(key, false);
    lanes.add(new Map([['a', [1]]]), new Map([['a', 1]]));
    for (const key of keysOf(lanes)) lanes.done(key, true);
    expect(lanes.capacities().get('a')).toBe(limits.depth);
  });

  test('requests more items only for lanes that were filled and have capacity', () => {
    const lanes = new Lanes<number>(() => 'one', limits);
    lanes.add(new Map([['a', items(1)]]), new Map());
    expect(lanes.wantsMore).toBe(false);
    lanes.add(new Map([['b', items(2)]]), new Map());
    expect(lanes.wantsMore).toBe(false);
    for (const key of keysOf(lanes)) lanes.done(key, true);
    expect(lanes.wantsMore).toBe(true);
    lanes.add(new Map(), lanes.capacities());
    expect(lanes.wantsMore).toBe(false);
  });

  test('counts waiting items', () => {
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

describe('Lanes of several owners', () => {
  type Item = { owner: string };
  const few: LaneLimits = { ...limits, total: 20, unknownTotal: 6, perOwner: 4, unknownWaiting: 8 };
  /** One item for each of the owner's receivers. */
  const of = (owner: string, count: number, from = 0) =>
    new Map(items(count).map((index) => [`${owner}${from + index}`, [{ owner }]]));
  const made = () => new Lanes<Item>(({ owner }) => owner, few);
  const keysOfItems = (lanes: Lanes<Item>) => [...lanes.next()].map(({ key }) => key);

  test('serve owners round-robin, whatever the number of their receivers', () => {
    const lanes = made();
    lanes.add(of('a', 6), new Map());
    lanes.add(of('b', 2), new Map());
    lanes.add(of('c', 2), new Map());
    expect(keysOfItems(lanes)).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'c1']);
    for (const key of ['a0', 'a1']) lanes.done(key, true);
    lanes.add(of('d', 1), new Map());
    // the owner that was served longest ago is next, also when requests end one by one
    expect(keysOfItems(lanes)).toEqual(['a2', 'd0']);
  });

  test('reserve a part of each share for other owners', () => {
    const lanes = made();
    lanes.add(of('a', 8), new Map());
    expect(keysOfItems(lanes)).toEqual(['a0', 'a1', 'a2', 'a3']);
    lanes.add(of('b', 1), new Map());
    expect(keysOfItems(lanes)).toEqual(['b0']);
    for (const key of ['a0', 'a1', 'a2', 'a3']) lanes.overdue(key);
    expect(keysOfItems(lanes)).toEqual(['a4', 'a5', 'a6', 'a7']);
    for (const key of ['a4', 'a5', 'a6', 'a7']) lanes.overdue(key);
    lanes.done('b0', false);
    // Eight receivers of owner a hang, of which four count: none of the three slow requests is left for it, but they are for b.
    lanes.add(of('b', 1), new Map());
    lanes.add(of('a', 1, 8), new Map());
    expect(keysOfItems(lanes)).toEqual(['a8']);
    for (const key of ['a0', 'a1', 'a2', 'a3', 'a4', 'a5']) lanes.done(key, false);
    expect(keysOfItems(lanes)).toEqual(['b0']);
  });

  test('limit the unknown receivers with waiting items', () => {
    const lanes = made();
    lanes.add(of('a', 13), new Map());
    lanes.add(of('b', 3), new Map());
    expect(lanes.heldOwners()).toEqual(['a']);
    expect(lanes.capacities().get('a0')).toBe(0);
    expect(lanes.capacities().get('b0')).toBe(1);
    for (const key of keysOfItems(lanes)) lanes.done(key, true);
    for (const key of keysOfItems(lanes)) lanes.done(key, true);
    expect([lanes.waitingCount, lanes.wantsMore]).toEqual([6, false]);
    for (const key of keysOfItems(lanes)) lanes.done(key, true);
    expect(lanes.wantsMore).toBe(true);
    expect(lanes.heldOwners()).toEqual([]);
  });
});
