import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** The timeout in milliseconds; 10 s by default. */
  timeout?: number;
  /** What is awaited, for the error message, such as "the task to be completed". */
  what?: string;
}

/**
 * Polls a condition until it returns a truthy value, and returns that value. A condition that throws, such as a failed `expect`, is
 * evaluated again, and its last error becomes the cause of the failure.
 * @throws after the timeout, with the name of what was awaited and the last value of the condition
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<NonNullable<T>> {
  const { timeout = 10_000, what = String(condition) } = options;
  const deadline = Date.now() + timeout;
  for (let pause = 5; ; pause = Math.min(pause * 1.5, 100)) {
    let last: unknown;
    let cause: unknown;
    try {
      last = await condition();
      if (last) return last as NonNullable<T>;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) {
      const seen =
        cause instanceof Error
          ? `the last try threw: ${cause.message}`
          : `the last answer was ${JSON.stringify(last)}`;
      throw new Error(`Waited ${timeout} ms for ${what}; ${seen}`, { cause });
    }
    await delay(pause);
  }
}
