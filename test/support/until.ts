import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** Milliseconds; 10 s unless said. */
  timeout?: number;
  /** What is awaited, for the failure: "the task to be completed". */
  what?: string;
}

/**
 * Asks again and again until the condition gives something truthy, which it returns. A condition that throws (a failed `expect`
 * too) is asked again, and its last error becomes the cause of the failure.
 * @throws when the time is over, with what was awaited and what the condition gave last
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
