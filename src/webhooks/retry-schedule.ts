const firstMs = 2_000;
const longestMs = 6 * 3_600_000;
const longestRetryAfterMs = 86_400_000;

/** The number of attempts of a delivery. With the delays below, the last one is about a day after the first. */
export const maxTries = 18;

/**
 * Returns the delay from the start of a failed attempt to the next one: 2 s, doubled each time up to 6 h, minus up to a fifth as jitter,
 * so that a recovered receiver does not get all messages at once. As it is counted from the start of an attempt, the fifth attempt is
 * within the first minute even when every response takes the full 10 s.
 * @param tries the number of attempts in this series; 1 after the first
 * @returns milliseconds, or undefined after the last attempt
 */
export function retryDelay(tries: number, random: () => number = Math.random): number | undefined {
  if (tries >= maxTries) return undefined;
  return Math.min(firstMs * 2 ** (tries - 1), longestMs) * (1 - 0.2 * random());
}

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3): seconds or a date.
 * @returns milliseconds from now, at most a day; 0 for an invalid value
 */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const text = header.trim();
  const ms = /^\d{1,15}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestRetryAfterMs) : 0;
}
