/** The largest request body, in bytes, by what a route takes. */
export const bodyLimits = {
  /** What anybody may send: a sign-in has less than 1 KiB. It counts for paths that lead nowhere, too. */
  anonymous: 16 * 1024,
  /** A task whose texts are all as long as they may be, each character written as `\u0000`, has 1.5 MB. */
  signedIn: 2 * 1024 * 1024,
  /** The routes that say so. */
  large: 10 * 1024 * 1024,
} as const;

/** Deeper JSON than this is refused: what walks it must not run out of stack. */
export const maxDepth = 64;
/** No shape takes as many. Checking the million of 2 MB kept everybody else waiting for 2.7 s. */
export const maxValues = 100_000;

/** In ms; a timer that is set for longer goes off at once. */
export const longestTimerMs = 2 ** 31 - 1;
