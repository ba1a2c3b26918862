import { z } from 'zod';

/** A point in time as the API writes it: ISO 8601, UTC, milliseconds. */
export const instant = z.iso.datetime().meta({ examples: ['2026-07-30T12:00:00.000Z'] });

/**
 * A point in time that a client sends, as RFC 3339 writes it: in UTC or with an offset, read as UTC. Postgres knows no year 0, and
 * what ends after the year 9999 cannot be shown.
 */
export const sentInstant = z.iso
  .datetime({ offset: true, error: 'Send a time such as 2026-07-30T12:00:00Z or 2026-07-30T14:00:00+02:00' })
  .transform((text) => new Date(text).toISOString())
  .refine((text) => !/^(0000|9999|[+-])/.test(text), 'Send a year from 1 to 9998')
  .meta({ examples: ['2026-07-30T12:00:00.000Z'] });

export const id = z.uuid();

/** How a stored moment is shown. */
export function toInstant(date: Date): string;
export function toInstant(date: Date | null): string | null;
export function toInstant(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}

/**
 * Looks at an object as a whole before Zod looks at its fields: of 20,000 bad ones it makes an issue each, and takes 0.1 s.
 * @param faultOf what is wrong with the object, or undefined
 */
export const boundedObject = <S extends z.ZodType>(
  schema: S,
  faultOf: (value: object) => string | undefined,
) =>
  z.preprocess((value, context) => {
    const fault = typeof value === 'object' && value !== null ? faultOf(value) : undefined;
    if (fault !== undefined) context.addIssue(fault);
    return value;
  }, schema);

/** Free JSON of bounded size. */
export const jsonObject = (maxBytes = 65_536) =>
  boundedObject(z.record(z.string(), z.unknown()), (value) =>
    JSON.stringify(value).length > maxBytes ? `must not exceed ${maxBytes} bytes of JSON` : undefined,
  );

/** A stale `version` is refused with 409; `If-Match` does the same. */
export const versionField = z
  .int()
  .min(1)
  .optional()
  .meta({ description: 'The version you have seen; a stale one is refused with VERSION_CONFLICT' });
