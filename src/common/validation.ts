import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { z } from 'zod';
import { AppError, type ErrorCode } from './errors.js';

type Issue = z.core.$ZodIssue;

/** The code of the contract for one kind of fault. */
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

/** Turns the issues of a schema into one error that lists them all; the first fault gives the code. */
export function validationError(issues: readonly Issue[]): AppError {
  const errors = issues.slice(0, 50).map((issue) => {
    const code = codeOf(issue);
    const field = issue.path.join('.');
    return { field, code, issue: code === 'VALIDATION_REQUIRED_FIELD' ? 'Field is required' : issue.message };
  });
  const [first] = errors;
  return new AppError(first?.code ?? 'VALIDATION_ERROR', {
    field: first?.field,
    issue: first?.issue,
    errors,
  });
}

/** Deeper JSON than this is refused: what walks it must not run out of stack. */
const maxDepth = 64;

/** The first fault that no schema speaks of: text that Postgres cannot store, or too deep nesting. */
function faultIn(value: unknown, path: string, depth: number): { field: string; issue: string } | undefined {
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return undefined;
    return { field: path, issue: 'Text must be valid Unicode without NUL' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > maxDepth) return { field: path, issue: `Nested deeper than ${maxDepth} levels` };
  for (const [key, child] of Object.entries(value)) {
    const childPath = path === '' ? key : `${path}.${key}`;
    const fault = faultIn(key, childPath, depth) ?? faultIn(child, childPath, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

/**
 * Checks a value against a Zod schema.
 * @returns the parsed value
 * @throws AppError VALIDATION_* with the path of every fault
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const fault = faultIn(value, '', 0);
  if (fault) throw new AppError('VALIDATION_INVALID_FORMAT', fault);
  // reportInput lets a missing field be told from a wrong one
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) throw validationError(result.error.issues);
  return result.data;
}

/** Validates every `@Body`, `@Query` and `@Param` that declares a schema; an absent body counts as an empty one. */
export class ValidationPipe extends StandardSchemaValidationPipe {
  protected override validate<T>(value: unknown, schema: unknown): { value: T } {
    return { value: parse(schema as z.ZodType, value ?? {}) as T };
  }
}
