import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorTable } from '../../src/common/errors.js';
import { root } from '../support/build.js';
import { document000 } from './document-000.js';
import { document001 } from './document-001.js';
import { document003 } from './document-003.js';
import { document004 } from './document-004.js';
import type { Promises, Table } from './evidence.js';
import { commandPromises, placementPromises } from './runs.js';
import { inputPromises, triggerPromises } from './inputs-and-triggers.js';
import { schedulePromises } from './schedules.js';

const testFolder = join(root, 'test');
const quoted = /\s*(?:'([^'\n]*)'|"([^"\n]*)"|`([^`\n]*)`)/y;

/** Returns the index behind the parenthesis that closes the one at an index; parentheses in strings do not count. */
function behind(source: string, open: number): number {
  let depth = 0;
  for (let index = open; index < source.length; index += 1) {
    const character = source[index]!;
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (`'"\``.includes(character)) {
      do index += source[index] === '\\' ? 2 : 1;
      while (index < source.length && source[index] !== character);
    }
    if (depth === 0) return index + 1;
  }
  return source.length;
}

/** Finds the titles of the tests in a source, those with rows or a condition in front included. */
function titlesOf(source: string): string[] {
  const titles: string[] = [];
  for (const { index, 0: start } of source.matchAll(/\b(?:test|it)(?:\.\w+(?:<[^(]*>)?)?(?=\()/g)) {
    const first = index + start.length;
    for (const open of [first, behind(source, first)]) {
      quoted.lastIndex = open + 1;
      const match = source[open] === '(' ? quoted.exec(source) : null;
      const title = match?.slice(1).find((text) => text !== undefined);
      if (title === undefined) continue;
      titles.push(title);
      break;
    }
  }
  return titles;
}

async function titlesIn(file: string): Promise<string[]> {
  return titlesOf(await readFile(join(testFolder, file), 'utf8').catch(() => ''));
}

/** Describes each row that names no test, or one that does not exist. */
async function faultsOf(rows: Promises): Promise<string[]> {
  const faults: string[] = [];
  for (const [part, items] of Object.entries(rows))
    for (const [item, evidence] of Object.entries(items)) {
      if (evidence.length === 0) faults.push(`${part}: ${item}: no test`);
      for (const [file, title] of evidence)
        if (!(await titlesIn(file)).includes(title))
          faults.push(`${part}: ${item}: ${file} has no test ${JSON.stringify(title)}`);
    }
  return faults;
}

const sizesOf = (table: Record<string, object>): Record<string, number> =>
  Object.fromEntries(Object.entries(table).map(([part, rows]) => [part, Object.keys(rows).length]));

// it reads the sources of the tests and starts nothing
describe('the table of the contract', () => {
  test('names tests that exist', async () => {
    expect(await faultsOf(document004)).toEqual([]);
  });

  test('contains each item once', () => {
    expect(sizesOf(document004)).toEqual({
      endpoints: 45,
      'envelope and lists': 16,
      'messages that clients send': 6,
      'messages that clients get': 7,
      'error codes': 29,
      'rate limits and headers': 11,
      'webhook events': 8,
      documentation: 4,
    });
  });

  test('names only error codes that exist', () => {
    for (const code of Object.keys(document004['error codes'] ?? {})) expect(errorTable).toHaveProperty(code);
  });
});

describe.each<[string, Table, Record<string, number>]>([
  [
    '000',
    document000,
    {
      server: 7,
      'names of tasks': 3,
      answers: 10,
      pages: 3,
      words: 4,
      projects: 10,
      'the list of tasks': 13,
      'a new task': 12,
      'one task': 16,
      labels: 3,
      plans: 5,
      docs: 7,
      memory: 7,
      attachments: 9,
      activity: 8,
      'known gaps': 14,
    },
  ],
  [
    '001',
    document001,
    {
      operations: 14,
      'rules of access': 4,
      errors: 4,
      'command line': 4,
      configuration: 4,
      'in a team': 4,
    },
  ],
  [
    '003',
    document003,
    {
      operations: 6,
      parameters: 4,
      'fields of a new task': 4,
      'fields of a change': 7,
      'fields of answers': 13,
      rules: 8,
    },
  ],
])('the table of document %s', (_, table, sizes) => {
  test('says of each row what is here, and names tests that exist', async () => {
    const shown = Object.entries(table).map(([part, rows]) => [
      part,
      Object.fromEntries(Object.entries(rows).map(([item, row]) => [item, row.shown])),
    ]);
    expect(await faultsOf(Object.fromEntries(shown))).toEqual([]);
    for (const rows of Object.values(table))
      for (const [item, { here }] of Object.entries(rows)) expect([item, here === '']).toEqual([item, false]);
  });

  test('has lost no row', () => {
    expect(sizesOf(table)).toEqual(sizes);
  });
});

describe.each<[string, Promises]>([
  ['schedules', schedulePromises],
  ['inputs', inputPromises],
  ['triggers', triggerPromises],
  ['concurrency groups, labels and workers', placementPromises],
  ['commands and what they leave', commandPromises],
])('what the documentation promises of %s', (_, promises) => {
  test('is shown by tests that exist', async () => {
    expect(await faultsOf(promises)).toEqual([]);
  });
});
