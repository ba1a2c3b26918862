import { randomInt } from 'node:crypto';
import type { Queryable } from '../infra/database.js';

const longest = 10;

/**
 * Keys to try for a new project, best first: made from its name, then with a number, then with a random one.
 * @param name of the project; letters outside A–Z lose their accents or are passed over
 */
function* keyCandidates(name: string): Generator<string> {
  const words = name
    .normalize('NFKD')
    .toUpperCase()
    .replace(/[^A-Z0-9 ]/g, '')
    .split(' ')
    .filter(Boolean);
  const [first = ''] = words;
  const base = /^[A-Z]/.test(first) && first.length >= 2 ? first.slice(0, 4) : 'PRJ';
  yield base;
  for (let number = 2; number <= 20; number += 1) yield `${base}${number}`;
  for (let tries = 0; tries < 10; tries += 1) yield `${base}${randomInt(100, 1_000_000)}`.slice(0, longest);
}

/**
 * The keys to try for a new project, best first: the one that was asked for, else those made from the name that nobody has. One
 * look instead of a refused insert for each that is taken; who comes at the same moment may still be faster.
 */
export async function keysFor(
  db: Queryable,
  { key, name }: { key?: string | undefined; name: string },
): Promise<string[]> {
  if (key !== undefined) return [key];
  const candidates = [...new Set(keyCandidates(name))];
  const rows = await db.query<{ key: string }>('SELECT key FROM projects WHERE key = ANY($1)', [candidates]);
  const taken = new Set(rows.map((row) => row.key));
  return candidates.filter((candidate) => !taken.has(candidate));
}
