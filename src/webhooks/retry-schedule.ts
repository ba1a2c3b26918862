const firstMs = 2_000;
const longestMs = 6 * 3_600_000;
const longestRetryAfterMs = 86_400_000;

/** Tries of one delivery: with the delays below the last one comes about a day after the first. */
export const maxTries = 18;

/**
 * How long after the beginning of a failed try the next one is due: 2 s, doubled each time up to 6 h, minus up to a fifth
 * so that receivers that came back are not hit by everything at once. Counted from the beginning of the try, the fifth
 * falls within the first minute even when every answer takes its full 10 s.
 * @param tries how many were made in this series; 1 after the first
 * @returns milliseconds, or undefined when that was the last try
 */
export function retryDelay(tries: number, random: () => number = Math.random): number | undefined {
  if (tries >= maxTries) return undefined;
  return Math.min(firstMs * 2 ** (tries - 1), longestMs) * (1 - 0.2 * random());
}

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3): seconds or a date.
 * @returns milliseconds from now, at most a day; 0 for what cannot be read
 */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const text = header.trim();
  const ms = /^\d{1,15}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestRetryAfterMs) : 0;
}
