import type { ErrorCode } from '../common/errors.js';

const id = '01a2024a-912d-72cf-a321-99955c0b2f5f';

function fault(code: ErrorCode, field: string, issue: string) {
  return { field, issue, errors: [{ field, code, issue }] };
}

/** Examples of the `details` of error codes that have any. */
export const exampleDetails: Partial<Record<ErrorCode, Record<string, unknown>>> = {
  AUTH_INSUFFICIENT_PERMISSIONS: { required: 'write' },
  VALIDATION_ERROR: fault('VALIDATION_ERROR', 'priority', 'Too big: expected number to be <=10'),
  VALIDATION_REQUIRED_FIELD: fault('VALIDATION_REQUIRED_FIELD', 'title', 'Field is required'),
  VALIDATION_INVALID_FORMAT: fault('VALIDATION_INVALID_FORMAT', 'assigned_to', 'Invalid UUID'),
  VALIDATION_VALUE_TOO_LONG: fault(
    'VALIDATION_VALUE_TOO_LONG',
    'title',
    'Too big: expected string to have <=500 characters',
  ),
  VALIDATION_VALUE_TOO_SHORT: fault(
    'VALIDATION_VALUE_TOO_SHORT',
    'title',
    'Too small: expected string to have >=1 characters',
  ),
  ANSWER_TOO_LARGE: { limit: 33_554_432 },
  RESOURCE_ALREADY_EXISTS: { field: 'key' },
  VERSION_CONFLICT: { current_version: 4, your_version: 3 },
  TASK_NOT_FOUND: { task_id: 'SHOP-42' },
  TASK_ALREADY_RUNNING: { task_id: id },
  TASK_NOT_RUNNING: { task_id: id, status: 'completed' },
  TASK_NOT_RETRYABLE: { task_id: id, status: 'completed' },
  TASK_NOT_EXECUTABLE: { task_id: id },
  TASK_DEPENDENCY_NOT_MET: { task_id: id, dependencies: [id] },
  PROJECT_NOT_FOUND: { project_id: 'SHOP' },
  PROJECT_ACCESS_DENIED: { project_id: id, required: 'write' },
  PROJECT_ARCHIVED: { project_id: id },
  PROJECT_LIMIT_EXCEEDED: { project_id: id, limit: 'max_tasks', value: 1000 },
  RATE_LIMIT_EXCEEDED: { limit: 200, window: 60, reset_at: '2026-07-30T12:01:00.000Z' },
};
