/** The largest request body, in bytes. */
export const bodyLimit = 10 * 1024 * 1024;

/** In ms; a timer that is set for longer goes off at once. */
export const longestTimerMs = 2 ** 31 - 1;
