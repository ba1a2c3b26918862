import { expect, test } from 'vitest';
import { taskStatuses } from './task.entity.js';
import {
  changeTo,
  filterWords,
  priorityNameOf,
  priorityNames,
  priorityOf,
  statesThatShow,
  statusWords,
  workflowStatusOf,
} from './task-words.js';

const states = taskStatuses.flatMap((status) => [true, false].map((planned) => ({ status, planned })));

test.each([
  ['pending', false, 'backlogged'],
  ['pending', true, 'planned'],
  ['queued', false, 'planned'],
  ['queued', true, 'planned'],
  ['running', true, 'progressed'],
  ['failed', false, 'progressed'],
  ['completed', true, 'completed'],
  ['cancelled', false, 'cancelled'],
] as const)('a task that is %s (planned: %s) is shown as %s', (status, planned, word) => {
  expect(workflowStatusOf({ status, planned })).toBe(word);
});

test('a filter finds exactly the states that show its word', () => {
  for (const word of filterWords) {
    for (const state of states) {
      const shows = state.status === word || workflowStatusOf(state) === word;
      const found = statesThatShow(word).some(
        ({ status, planned }) => status === state.status && (planned ?? state.planned) === state.planned,
      );
      expect([word, state, found]).toEqual([word, state, shows]);
    }
  }
});

test('a word that is already shown changes nothing, and any other leads to a state that shows it', () => {
  for (const word of statusWords) {
    for (const state of states) {
      const change = changeTo(word, state);
      const after = { ...state, ...change };
      expect([after.status, workflowStatusOf(after)]).toContain(word);
      const isShown = state.status === word || workflowStatusOf(state) === word;
      expect([word, state, Object.keys(change).length === 0]).toEqual([word, state, isShown]);
    }
  }
});

test('setting `pending` leaves it open whether the task is planned, and an end clears the blocker', () => {
  expect(changeTo('pending', { status: 'failed', planned: true })).toEqual({ status: 'pending' });
  expect(changeTo('completed', { status: 'pending', planned: true })).toEqual({
    status: 'completed',
    blocker: null,
  });
});

test('a name of a priority stands for the more urgent number of its band', () => {
  expect(priorityNames.map(priorityOf)).toEqual([1, 3, 5, 7, 9]);
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(priorityNameOf)).toEqual(
    priorityNames.flatMap((name) => [name, name]),
  );
});
