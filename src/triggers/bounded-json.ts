/** Levels of a value beyond which it is not written: the writer of JSON calls itself for each. */
const mostDepth = 200;

/**
 * Bounds the length of a value as JSON, without writing it: one number of four characters may become one of twenty.
 * @param most the sum from which on the rest is not looked at
 * @returns at least the number of characters that `JSON.stringify` writes without escapes, as far as it is not above `most`; Infinity for a
 * value that is nested too deep
 */
export function jsonLength(value: unknown, most: number, depth = 0): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return String(value).length;
  if (depth >= mostDepth) return Infinity;
  let length = 2;
  for (const name in value) {
    // the name of a property with its quotes and colon, and the comma behind it
    if (!Array.isArray(value)) length += name.length + 3;
    length += 1 + jsonLength((value as Record<string, unknown>)[name], most - length, depth + 1);
    if (length > most) break;
  }
  return length;
}
