import { MillraceError } from './errors.js';

/** Thrown when a method is called with an argument of which no request can be made. Nothing was sent. */
export class ArgumentError extends MillraceError {
  /** The name of the argument, such as `taskId`. */
  readonly parameter: string;

  constructor(parameter: string, issue: string) {
    super(`${parameter} ${issue}`);
    this.parameter = parameter;
  }
}

/**
 * Fills in the parameters of a path. `/tasks/{taskId}` with an empty id would be the list of tasks, and so it would with `.`, which URLs
 * resolve to the parent.
 * @throws ArgumentError for a parameter that is no string, is blank, or is `.` or `..`
 */
export function fillPath(path: string, parameters: Record<string, string> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value: unknown = parameters[name];
    if (typeof value !== 'string') throw new ArgumentError(name, 'is missing: give its text');
    if (value.trim() === '') throw new ArgumentError(name, 'is empty: give an id');
    if (value === '.' || value === '..') throw new ArgumentError(name, `cannot be ${value}`);
    return encodeURIComponent(value);
  });
}

/** Matches query parameters that identify something. An empty one would return the whole list instead of a part of it. */
const naming = /(?:Id|assignedTo|createdBy|cursor)$/;

/**
 * Builds the query string of a request.
 * @returns `?…`, or an empty string
 * @throws ArgumentError for an empty id
 */
export function fillQuery(query: object, wireName: (name: string) => string): string {
  const parameters = new URLSearchParams();
  type Value = string | number | boolean | readonly string[] | null | undefined;
  for (const [name, value] of Object.entries(query) as [string, Value][]) {
    if (value === undefined || value === null) continue;
    const text = String(value);
    if (naming.test(name) && text.trim() === '')
      throw new ArgumentError(name, 'is empty: leave it out, or give an id');
    parameters.set(wireName(name), text);
  }
  const text = parameters.toString();
  return text && `?${text}`;
}
