import { InvalidArgumentError } from 'commander';

/** Parses a whole number above 0. */
export function count(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return number;
}

/** Parses an id or a name, which must not be empty: an empty one would select nothing, or everything. */
export function named(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

/** Collects `NAME=value` options. */
export function pair(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be NAME=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Collects a list, given with commas or as a repeated option. */
export function list(text: string, before: string[] = []): string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ];
}
