import { randomInt } from 'node:crypto';
import type { Queryable } from '../infra/database.js';

const longest = 10;

/**
 * Yields keys for a new project, best first: derived from its name, then with a number, then with a random one.
 * @param name the name of the project; accents are removed, and other letters outside A–Z are skipped
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
 * Returns the keys to try for a new project, best first: the requested one, else unused ones that are derived from the name. One query
 * replaces a refused insert for each key in use; a concurrent request may still take one of them.
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
