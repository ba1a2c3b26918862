import { describe, expect, it } from 'vitest';
import { backoffSeconds, isRetryable, outcomeOf } from './execution-state.js';

describe('backoffSeconds', () => {
  it.each([
    [1, 1, 2],
    [2, 2, 4],
    [5, 16, 32],
    [8, 128, 256],
    [9, 150, 300],
    [20, 150, 300],
  ])('the delay after attempt %i is between %i and %i s', (attempt, least, most) => {
    expect(backoffSeconds(attempt, 0)).toBe(least);
    expect(backoffSeconds(attempt, 1)).toBe(most);
  });

  it('the delays of executions that failed together differ', () => {
    const waits = Array.from({ length: 20 }, () => backoffSeconds(4));
    expect(new Set(waits).size).toBeGreaterThan(10);
  });
});

describe('isRetryable', () => {
  it.each([
    [outcomeOf(1, undefined), [], true],
    [outcomeOf(1, undefined), [2, 64], true],
    [outcomeOf(2, undefined), [2, 64], false],
    [outcomeOf(-9, undefined), [-9], false],
    [outcomeOf(0, undefined), [], false],
    // the exit code is that of the signal which stopped the run
    [outcomeOf(-15, 'timeout'), [-15], true],
    [outcomeOf(-15, 'shutdown'), [-15], true],
    [outcomeOf(-15, 'cancel'), [], false],
    [{ status: 'failed', reason: 'WORKER_LOST', exitCode: null } as const, [1], true],
    [{ status: 'failed', reason: 'TASK_DEPENDENCY_NOT_MET', exitCode: null } as const, [], false],
  ])('%j with final codes %j: %s', (outcome, codes, expected) => {
    expect(isRetryable(outcome, codes)).toBe(expected);
  });
});
