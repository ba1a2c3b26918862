import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorTable } from '../../src/common/errors.js';
import { root } from '../support/build.js';
import { contract } from './contract-table.js';

const testFolder = join(root, 'test');
const titlePattern = /\btest(?:\.\w+(?:\([^)]*\))?)?\(\s*(?:'([^'\n]*)'|"([^"\n]*)"|`([^`\n]*)`)/g;

async function titlesIn(file: string): Promise<string[]> {
  const source = await readFile(join(testFolder, file), 'utf8').catch(() => '');
  return [...source.matchAll(titlePattern)].map(
    ([, ...quoted]) => quoted.find((title) => title !== undefined) ?? '',
  );
}

// it reads the sources of the tests and starts nothing
describe('the table of the contract', () => {
  const items = Object.entries(contract).flatMap(([part, rows]) =>
    Object.entries(rows).map(([item, evidence]) => ({ name: `${part}: ${item}`, evidence })),
  );

  test('names tests that exist', async () => {
    const absent: string[] = [];
    for (const { name, evidence } of items) {
      if (evidence.length === 0) absent.push(`${name}: no test`);
      for (const [file, title] of evidence)
        if (!(await titlesIn(file)).includes(title))
          absent.push(`${name}: ${file} has no test ${JSON.stringify(title)}`);
    }
    expect(absent).toEqual([]);
  });

  test('contains each item once', () => {
    expect(
      Object.fromEntries(Object.entries(contract).map(([part, rows]) => [part, Object.keys(rows).length])),
    ).toEqual({
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
    for (const code of Object.keys(contract['error codes'] ?? {})) expect(errorTable).toHaveProperty(code);
  });
});
