import { readFileSync } from 'node:fs';
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

/** Collects `NAME=path` options as the contents of the files; `-` is the standard input. */
export function fileOf(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [[name, path]] = Object.entries(pair(text, {})) as [[string, string]];
  try {
    return { ...before, [name]: readFileSync(path === '-' ? 0 : path, 'utf8') };
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be read: ${(error as Error).message}`);
  }
}

/** Parses a JSON list of objects. */
export function jsonList<T>(text: string): T[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed as T[];
  } catch {
    // what is no JSON is no list either
  }
  throw new InvalidArgumentError('It must be a list in JSON.');
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

const priorityNames = ['urgent', 'high', 'medium', 'low', 'none'] as const;
type PriorityName = (typeof priorityNames)[number];

/** Parses the priority of a task: 1 to 10, or a name. */
export function priority(text: string): number | PriorityName {
  const name = priorityNames.find((one) => one === text.toLowerCase());
  if (name) return name;
  if (/^([1-9]|10)$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`It must be 1 to 10, or one of ${priorityNames.join(', ')}.`);
}

/** Parses a percentage. */
export function percent(text: string): number {
  if (!/^(\d{1,2}|100)$/.test(text))
    throw new InvalidArgumentError('It must be a whole number from 0 to 100.');
  return Number(text);
}

export const backlogStatuses = ['queued', 'in_progress', 'complete', 'blocked', 'cancelled'] as const;
export type BacklogStatus = (typeof backlogStatuses)[number];

/** Parses a status of a task in the backlog of an agent. */
export function backlogStatus(text: string): BacklogStatus {
  const status = backlogStatuses.find((one) => one === text);
  if (status) return status;
  throw new InvalidArgumentError(`It must be one of ${backlogStatuses.join(', ')}.`);
}
