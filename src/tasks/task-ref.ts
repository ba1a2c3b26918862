import { z } from 'zod';
import { AppError } from '../common/errors.js';
import { uniqueViolation } from '../infra/database.js';

/** How a client may name a task: by id, by ref, or by the first 8 or more characters of its id. */
export type TaskName = { id: string } | { key: string; number: number } | { from: string; to: string };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ref = /^([A-Z][A-Z0-9]{1,9})-0{0,8}([1-9]\d{0,8})$/i;
const prefix = /^[0-9a-f]{8}[0-9a-f-]{0,27}$/i;
const dashesAfter = [8, 12, 16, 20];

/** Writes the ref of a task: the key of its project and its number, with as many digits as the project asks for at least. */
export const refOf = ({
  key,
  number,
  ref_digits,
}: {
  key: string;
  number: number;
  ref_digits: number;
}): string => `${key}-${String(number).padStart(ref_digits, '0')}`;

/**
 * Parses the name that a client gives a task.
 * @returns undefined when the text can name no task
 */
export function parseTaskName(text: string): TaskName | undefined {
  if (uuid.test(text)) return { id: text.toLowerCase() };
  const match = ref.exec(text);
  if (match) return { key: match[1]!.toUpperCase(), number: Number(match[2]) };
  if (!prefix.test(text)) return undefined;
  const digits = text.replaceAll('-', '').toLowerCase();
  return { from: asUuid(digits.padEnd(32, '0')), to: asUuid(digits.padEnd(32, 'f')) };
}

function asUuid(digits: string): string {
  return [0, ...dashesAfter].map((start, index) => digits.slice(start, dashesAfter[index])).join('-');
}

/** The path parameter that names a task. */
export const taskIdParam = z
  .string()
  .refine(
    (text) => parseTaskName(text) !== undefined,
    'Send the id, a ref such as SHOP-42, or 8 or more characters of the id',
  )
  .meta({ description: 'The id of a task, its ref, or a unique prefix of 8 or more characters' });

/** Returns the error for an `external_ref` that another task of the project has; undefined for any other error. */
export function takenRef(error: unknown, ref: string | null): AppError | undefined {
  if (uniqueViolation(error) !== 'tasks_external_ref') return undefined;
  const issue = 'Another task of the project has it';
  return new AppError(
    'RESOURCE_ALREADY_EXISTS',
    { field: 'external_ref', value: ref, issue },
    { cause: error },
  );
}
