import { expect, test } from 'vitest';
import { backlogStatuses, backlogStatusOf, blockerOf, changeOf } from './backlog-words.js';

const statuses = ['pending', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const;

test('every change makes the task show its word', () => {
  for (const status of statuses)
    for (const blocker of [null, 'A reason'])
      for (const word of backlogStatuses) {
        const change = changeOf({ status, blocker }, { status: word });
        const ends = change.status === 'completed' || change.status === 'cancelled';
        const after = { status, blocker, ...change, ...(ends ? { blocker: null } : {}) };
        expect([status, blocker, word, backlogStatusOf(after)]).toEqual([status, blocker, word, word]);
      }
});

test('a word that the task shows changes nothing', () => {
  for (const status of statuses)
    for (const blocker of [null, 'A reason'])
      expect(changeOf({ status, blocker }, { status: backlogStatusOf({ status, blocker }) })).toEqual({});
});

test('the reason of a failure is its blocker unless it has one', () => {
  const failed = { status: 'failed', blocker: null, result: null, last_run: null } as const;
  const run = { status: 'failed', reason: 'TASK_TIMEOUT', error: null, exit_code: null } as const;
  expect(blockerOf({ ...failed, blocker: 'Mine' })).toBe('Mine');
  expect(blockerOf({ ...failed, last_run: { ...run, exit_code: 2 } })).toBe(
    'The last run ended with exit code 2',
  );
  expect(blockerOf({ ...failed, last_run: run })).toBe('The last run failed: TASK_TIMEOUT');
  expect(blockerOf({ ...failed, last_run: { ...run, error: 'No such folder' } })).toBe('No such folder');
  expect(blockerOf({ ...failed, result: 'It does not build' })).toBe('It does not build');
  expect(blockerOf(failed)).toBe('The task has failed');
  expect(blockerOf({ ...failed, status: 'running', last_run: run })).toBeNull();
});
