/** Waits. @throws the signal's reason when it is or becomes aborted */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * The delay before an attempt: exponential, with jitter in its upper half, so that clients that failed together do not retry
 * together.
 * @param tries made so far, from 1
 * @param longest in milliseconds
 * @returns milliseconds
 */
export function backoff(tries: number, longest: number, first = 500): number {
  const whole = Math.min(longest, first * 2 ** (tries - 1));
  return whole / 2 + (whole / 2) * Math.random();
}

/**
 * `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
 * @returns seconds from now, undefined when there is none
 */
export function retryAfterSeconds(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}
