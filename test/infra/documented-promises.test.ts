import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../support/build.js';

const page = readFileSync(join(root, 'docs/promises.md'), 'utf8');
const filesOf = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(join(root, folder, name), 'utf8') }));
const sources = filesOf('src');
const tests = [...filesOf('test'), ...sources].filter(({ name }) => /\.(test|spec)\.ts$/.test(name));
const textOf = (files: readonly { text: string }[]) => files.map(({ text }) => text).join('\n');
// what only a migration names may have been dropped by a later one
const code = textOf(sources.filter(({ name }) => !name.startsWith('infra/migrations/')));
const soak = textOf(filesOf('bench/soak'));

const namesIn = (cell = '') => [...cell.matchAll(/`([^`]*)`/g)].map(([, name = '']) => name);
const titlesIn = (cell = '') =>
  [...cell.matchAll(/"([^"]*)"/g)].flatMap(([, title = '']) => title.split('…').map((part) => part.trim()));

/** Returns the rows of all tables with a column `short test`: cells by the names of their columns. */
function promises(): Record<string, string>[] {
  const cellsOf = (row: string) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  return page.split('\n\n').flatMap((part) => {
    const [head = '', , ...rows] = part.split('\n').filter((line) => line.startsWith('|'));
    const columns = cellsOf(head);
    if (!columns.includes('short test')) return [];
    return rows.map((row) => Object.fromEntries(cellsOf(row).map((cell, index) => [columns[index], cell])));
  });
}

test('the code, tests and soak checks that docs/promises.md names exist', () => {
  const missing: string[] = [];
  const look = (promise = '', names: string[], text: string) =>
    missing.push(...names.filter((name) => !text.includes(name)).map((name) => `${promise}: ${name}`));
  const rows = promises();
  let files = tests;
  for (const row of rows) {
    const { promise } = row;
    const identifiers = namesIn(row['mechanism']).map((name) => /\w+$/.exec(name)?.[0] ?? name);
    look(promise, identifiers, code);
    const paths = namesIn(row['short test']).map(
      (path) => new RegExp(`(^|/)${path.replace('.spec', '')}\\.(test|spec)\\.ts$`),
    );
    for (const path of paths)
      if (!tests.some(({ name }) => path.test(name))) missing.push(`${promise}: ${path.source}`);
    const own = tests.filter(({ name }) => paths.some((path) => path.test(name)));
    // "the same file" is that of the row before
    const isSame = row['short test']?.includes('the same') === true;
    if (paths.length > 0) files = isSame ? [...files, ...own] : own;
    look(promise, titlesIn(row['short test']), textOf(files));
    look(promise, titlesIn(row['soak check']), soak);
  }
  expect(rows.length).toBeGreaterThan(40);
  expect(missing).toEqual([]);
});
