import type { PatternMatches } from './input-pattern.js';

export const inputTypes = ['string', 'number', 'boolean', 'choice', 'secret'] as const;
export type InputType = (typeof inputTypes)[number];

export type InputValue = string | number | boolean;

/** The most bytes of a value: Linux refuses to start a process with a variable of 128 KiB. */
export const mostValueBytes = 100 * 1024;
/** The shortest secret: a shorter one would be masked at many places of an output by chance. */
const shortestSecret = 4;

/** What the value of an input must be. */
interface Rules {
  type: InputType;
  choices: readonly string[] | null;
  pattern: string | null;
}

/**
 * Reads the value of an input as its type. Numbers and booleans may be written as strings, and strings as numbers or booleans.
 * @param matches compares it with its pattern, within the bound for all values of a run
 * @returns the value in its type, or what is wrong with it, which never repeats it
 */
export function readValue(
  { type, choices, pattern }: Rules,
  value: InputValue,
  matches: PatternMatches,
): { value: InputValue } | { fault: string } {
  const text = String(value);
  if (Buffer.byteLength(text) > mostValueBytes) return { fault: `must not exceed ${mostValueBytes} bytes` };
  if (text.includes('\0') || !text.isWellFormed()) return { fault: 'must be text without NUL characters' };
  switch (type) {
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      return typeof number === 'number' && Number.isFinite(number)
        ? { value: number }
        : { fault: 'must be a number' };
    }
    case 'boolean':
      if (value === true || value === 'true') return { value: true };
      if (value === false || value === 'false') return { value: false };
      return { fault: 'must be true or false' };
    case 'choice':
      return choices?.includes(text) === true
        ? { value: text }
        : { fault: `must be one of ${(choices ?? []).slice(0, 20).join(', ')}` };
    case 'secret':
      if (Buffer.byteLength(text) < shortestSecret)
        return { fault: `must have at least ${shortestSecret} bytes` };
  }
  if (pattern === null) return { value: text };
  const isMatch = matches.matchesWhole(pattern, text);
  if (isMatch === undefined) return { fault: 'is too long to be compared with its pattern' };
  return isMatch ? { value: text } : { fault: `must match ${pattern}` };
}
