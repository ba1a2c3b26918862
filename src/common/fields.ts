import { z } from 'zod';

/** A point in time in API responses: ISO 8601, UTC, milliseconds. */
export const instant = z.iso.datetime().meta({ examples: ['2026-07-30T12:00:00.000Z'] });

/**
 * A point in time in requests: RFC 3339, in UTC or with an offset, converted to UTC. Postgres has no year 0, and times after the year
 * 9999 cannot be formatted.
 */
export const sentInstant = z.iso
  .datetime({ offset: true, error: 'Send a time such as 2026-07-30T12:00:00Z or 2026-07-30T14:00:00+02:00' })
  .transform((text) => new Date(text).toISOString())
  .refine((text) => !/^(0000|9999|[+-])/.test(text), 'Send a year from 1 to 9998')
  .meta({ examples: ['2026-07-30T12:00:00.000Z'] });

export const id = z.uuid();

/** Formats a stored time for the API. */
export function toInstant(date: Date): string;
export function toInstant(date: Date | null): string | null;
export function toInstant(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}

/**
 * Checks a value as a whole before Zod validates its parts: for 49,000 wrong items of a list Zod makes as many issues, which takes 0.3 s.
 * @param refuse adds an issue for a value that is not to be looked at any further
 */
function checkedFirst<S extends z.ZodType>(
  schema: S,
  refuse: (value: unknown, context: z.core.$RefinementCtx) => void,
) {
  const check = z.transform((value: unknown, context) => {
    refuse(value, context);
    return value;
  });
  // a transformation counts as optional, whatever follows it
  // oxlint-disable-next-line no-underscore-dangle -- where Zod keeps what it asks of a type
  check._zod.optin = undefined;
  return z.pipe(check, schema);
}

/**
 * Checks an object as a whole before Zod validates its fields.
 * @param faultOf returns a description of the fault, or undefined
 */
export const boundedObject = <S extends z.ZodType>(
  schema: S,
  faultOf: (value: object) => string | undefined,
) =>
  checkedFirst(schema, (value, context) => {
    const fault = typeof value === 'object' && value !== null ? faultOf(value) : undefined;
    if (fault !== undefined) context.addIssue(fault);
  });

/** A list of bounded length, which is checked before any item. */
export const listOf = <S extends z.ZodType>(item: S, { least, most }: { least?: number; most: number }) =>
  checkedFirst(
    least === undefined ? z.array(item).max(most) : z.array(item).min(least).max(most),
    (value, context) => {
      if (Array.isArray(value) && value.length > most)
        context.addIssue({ code: 'too_big', origin: 'array', maximum: most, inclusive: true, input: value });
    },
  );

/** An arbitrary JSON object of bounded size. */
export const jsonObject = (maxBytes = 65_536) =>
  boundedObject(z.record(z.string(), z.unknown()), (value) =>
    JSON.stringify(value).length > maxBytes ? `must not exceed ${maxBytes} bytes of JSON` : undefined,
  );

/** The version for optimistic locking: a stale one is refused with 409, like a stale `If-Match`. */
export const versionField = z
  .int()
  .min(1)
  .optional()
  .meta({ description: 'The version that you have read; a stale one is refused with VERSION_CONFLICT' });
