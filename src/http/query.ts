import { z } from 'zod';

const digits = /^\d{1,16}$/;

/**
 * The schema of a whole number in a query, from `least` to `most`. Only decimal digits are accepted: `0x10`, `1e3` and ` 7 `, which
 * `Number` would read, are refused.
 */
export function queryNumber({ least, most }: { least: number; most: number }) {
  const read = (text: unknown) => (typeof text === 'string' && digits.test(text) ? Number(text) : NaN);
  return z.preprocess(read, z.int('Send a whole number in decimal digits').min(least).max(most));
}

/**
 * The schema of a route's query. An unknown parameter is refused, since ignoring `status[]=…` or a misspelt filter would return
 * everything; one without a value counts as absent.
 */
export const querySchema = z.strictObject;

/** Removes the parameters without a value, which a form sends for its empty fields. */
export function withoutEmpty(query: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query ?? {}).filter(([, value]) => value !== ''));
}

/** The schema of a flag in a query: `true` or `false`. */
export const queryFlag = z.enum(['true', 'false']).transform((text) => text === 'true');
