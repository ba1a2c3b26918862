import { z } from 'zod';

const digits = /^\d{1,16}$/;

/**
 * A whole number in a query. Only its decimal digits are taken: `0x10`, `1e3` and ` 7 ` are refused, which `Number` would read.
 * @param bounds from `least` to `most`, both included
 */
export function queryNumber({ least, most }: { least: number; most: number }) {
  const read = (text: unknown) => (typeof text === 'string' && digits.test(text) ? Number(text) : NaN);
  return z.preprocess(read, z.int('Send a whole number in decimal digits').min(least).max(most));
}

/**
 * The query of a route. A parameter that it does not name is refused, since passing over `status[]=…` or a misspelt filter would
 * answer with everything; one without a value counts as absent.
 */
export const querySchema = z.strictObject;

/** A query without the parameters that have no value, as a form with empty fields sends them. */
export function withoutEmpty(query: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query ?? {}).filter(([, value]) => value !== ''));
}
