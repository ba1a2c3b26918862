/** The largest request body, in bytes. */
export const bodyLimit = 10 * 1024 * 1024;
