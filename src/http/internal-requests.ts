import type { IncomingMessage } from 'node:http';

/**
 * Whether a request was made within this process, by `inject`, on behalf of one that has been counted and logged: such a request has a field
 * of light-my-request, which what comes over a socket cannot have.
 */
export function isInternal({ raw }: { raw: IncomingMessage }): boolean {
  return '_lightMyRequest' in raw;
}
