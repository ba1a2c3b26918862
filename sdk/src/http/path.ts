import { MillraceError } from './errors.js';

/** A method was called with something that no request can be made of; nothing was sent. */
export class ArgumentError extends MillraceError {
  /** Its name, such as `taskId`. */
  readonly parameter: string;

  constructor(parameter: string, issue: string) {
    super(`${parameter} ${issue}`);
    this.parameter = parameter;
  }
}

/**
 * Fills the parameters of a path in. `/tasks/{taskId}` without an id would be the list of tasks, and so would `.`, which a URL
 * takes for the folder that it is in.
 * @throws ArgumentError for a parameter that is no text, empty or made of white space, or is `.` or `..`
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

/** What names something in a query; an empty one would not narrow a list, but show all of it. */
const naming = /(?:Id|assignedTo|createdBy|cursor)$/;

/**
 * The query of a request.
 * @returns `?…`, or nothing
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
