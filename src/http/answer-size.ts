import { AppError } from '../common/errors.js';

/** An answer in pieces of any size can be had; one of more than this keeps others waiting while it is made. */
const mostAnswerBytes = 10 * 1024 * 1024;

/** About as many bytes as a value has as JSON; names of fields and what stands between values are not counted. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null || value instanceof Date) return 8;
  let size = 2;
  for (const part of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) size += sizeOf(part);
  return size;
}

/**
 * Refuses a list whose items are too much for one answer, before it is made into JSON. A page of the default size fits, whatever its
 * items are.
 * @throws ANSWER_TOO_LARGE
 */
export function checkAnswerSize(items: readonly unknown[]): void {
  const bytes = sizeOf(items);
  if (bytes > mostAnswerBytes) throw new AppError('ANSWER_TOO_LARGE', { bytes, limit: mostAnswerBytes });
}
