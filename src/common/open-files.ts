import { readFileSync } from 'node:fs';

/**
 * Returns how many files this process may open: its hard limit, to which Node raises the soft one at its start. Infinity where there is
 * no limit, or no /proc to tell it.
 */
export function openFilesLimit(): number {
  try {
    const [, limit] = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}
