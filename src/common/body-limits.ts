/** The largest request body in bytes, by kind of route. */
export const bodyLimits = {
  /** The limit of public routes and unknown paths; a sign-in has less than 1 KiB. */
  anonymous: 16 * 1024,
  /** The limit of authenticated routes: a task with the longest texts, each character escaped as `\u0000`, has 1.5 MB. */
  signedIn: 2 * 1024 * 1024,
  /** The limit of routes that declare `body: 'large'`. */
  large: 10 * 1024 * 1024,
  /** The limit of routes that declare `body: 'file'`: a file with the names and fields beside it. */
  file: 10 * 1024 * 1024 + 64 * 1024,
  /** The limit of routes that declare `body: 'raw'`, which read their own formats. */
  raw: 50 * 1024 * 1024,
} as const;

/** The most bytes of a file. */
export const mostFileBytes = 10 * 1024 * 1024;

/** The deepest nesting of accepted JSON, so that recursive code does not run out of stack. */
export const maxDepth = 64;
/** The most values of accepted JSON, more than any schema takes: validating a million in 2 MB blocked the event loop for 2.7 s. */
export const maxValues = 100_000;
