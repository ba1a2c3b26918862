import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { z } from 'zod';
import { AppError, type ErrorCode } from '../common/errors.js';
import { maxDepth, maxValues } from '../common/body-limits.js';
import { UploadedFile } from './multipart.js';
import { withoutEmpty } from './query.js';
import { RawBody } from './raw-body.js';

type Issue = z.core.$ZodIssue;

/** The error code for an issue of Zod. */
function codeOf(issue: Issue): ErrorCode {
  if (issue.input === undefined && issue.path.length > 0) return 'VALIDATION_REQUIRED_FIELD';
  const number = 'origin' in issue && (issue.origin === 'number' || issue.origin === 'int');
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_format':
      return 'VALIDATION_INVALID_FORMAT';
    case 'too_big':
      return number ? 'VALIDATION_ERROR' : 'VALIDATION_VALUE_TOO_LONG';
    case 'too_small':
      return number ? 'VALIDATION_ERROR' : 'VALIDATION_VALUE_TOO_SHORT';
    default:
      return 'VALIDATION_ERROR';
  }
}

/** The first unknown field of an issue, for its path. */
const unknownNames = (issue: Issue) => (issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []);

/** The message of an issue. For an invalid key Zod says only that it is invalid, so the message of the violated rule is taken. */
function messageOf(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return `There is no ${issue.keys.slice(0, 10).join(', ')} here`;
  return (issue.code === 'invalid_key' && issue.issues[0]?.message) || issue.message;
}

/** Whether an issue says only that the value is of another type than this alternative of a union takes. */
function isOfOtherType(issue: Issue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_value') return typeof issue.values[0] !== typeof value;
  if (issue.code !== 'invalid_type') return false;
  return typeof value !== (issue.expected === 'int' ? 'number' : issue.expected);
}

/** Replaces the issue of a union by those of the alternative that takes values of this type. */
function withoutUnions(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const chosen = issue.errors.find(
    (alternative) => alternative.length > 0 && !alternative.some((one) => isOfOtherType(one, issue.input)),
  );
  return (
    chosen?.flatMap((one) => withoutUnions({ ...one, path: [...issue.path, ...one.path] } as Issue)) ?? [
      issue,
    ]
  );
}

/**
 * Makes one error that lists the issues of a schema, with the code of the first.
 * @param within the name of the value, which precedes the path of each issue; none for a whole body or query
 */
export function validationError(issues: readonly Issue[], within?: string): AppError {
  const errors = issues
    .slice(0, 50)
    .flatMap(withoutUnions)
    .map((issue) => {
      const code = codeOf(issue);
      const path = within === undefined ? issue.path : [within, ...issue.path];
      const field = [...path, ...unknownNames(issue)].join('.');
      return {
        field,
        code,
        issue: code === 'VALIDATION_REQUIRED_FIELD' ? 'Field is required' : messageOf(issue),
      };
    });
  const [first] = errors;
  return new AppError(first?.code ?? 'VALIDATION_ERROR', {
    field: first?.field,
    issue: first?.issue,
    errors,
  });
}

const isText = (text: string) => !text.includes('\0') && text.isWellFormed();

/**
 * Finds the first fault that schemas do not check: text that Postgres cannot store, binary data (which socket.io carries), too deep
 * nesting, a field named `__proto__`, or too many values.
 */
function faultIn(root: unknown): { field: string; issue: string } | undefined {
  // The path is built from the fault upwards, since a path for every value costs more than all the rest.
  const path: string[] = [];
  let left = maxValues;
  const walk = (value: unknown, depth: number): string | undefined => {
    left -= 1;
    if (left < 0) return `More than ${maxValues} values`;
    if (typeof value === 'string')
      return isText(value) ? undefined : 'Text must be valid Unicode without NUL';
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > maxDepth) return `Nested deeper than ${maxDepth} levels`;
    // its name was made plain, and its bytes are stored as such
    if (value instanceof UploadedFile || value instanceof RawBody) return undefined;
    if (ArrayBuffer.isView(value)) return 'Send no binary data';
    for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
      if (key === '__proto__') return 'No field may be named __proto__';
      const issue =
        (typeof key === 'string' ? walk(key, depth) : undefined) ??
        walk((value as Record<string | number, unknown>)[key], depth + 1);
      if (issue === undefined) continue;
      path.push(String(key));
      return issue;
    }
    return undefined;
  };
  const issue = walk(root, 0);
  return issue === undefined ? undefined : { field: path.toReversed().join('.'), issue };
}

/**
 * Checks a value against a Zod schema.
 * @param within the name of the value, where it is one of several
 * @returns the parsed value
 * @throws AppError VALIDATION_* with the path of every fault
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, within?: string): z.output<S> {
  const fault = faultIn(within === undefined ? value : { [within]: value });
  if (fault) throw new AppError('VALIDATION_INVALID_FORMAT', fault);
  // `reportInput` distinguishes a missing field from an invalid one.
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) throw validationError(result.error.issues, within);
  return result.data;
}

/** Validates every `@Body`, `@Query` and `@Param` that declares a schema; an absent body counts as an empty one. */
export class ValidationPipe extends StandardSchemaValidationPipe {
  /**
   * Leaves out Nest's own check, which walks the whole value before anything has bounded it: 10 MB of brackets took 219 s. It also removes
   * fields named `constructor` and `prototype`, which are ordinary data; `parse` refuses `__proto__`.
   */
  override async transform<T>(
    value: T,
    metadata: Parameters<StandardSchemaValidationPipe['transform']>[1],
  ): Promise<T> {
    const { schema, type, data } = metadata;
    if (!schema || !this.toValidate(metadata)) return value;
    const sent = type === 'query' ? withoutEmpty(value) : value;
    return parse(schema as unknown as z.ZodType, sent ?? {}, data) as T;
  }
}
