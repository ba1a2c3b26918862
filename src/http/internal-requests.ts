import type { IncomingMessage } from 'node:http';
import { newId } from '../common/ids.js';

/** Names the caller of a request that is made within this process. */
const callHeader = 'x-internal-call';
/** For each such request under way, the signal that is aborted when the client has gone for which it is made. */
const callers = new Map<string, AbortSignal>();

/**
 * Whether a request was made within this process, by `inject`, on behalf of one that has been counted and logged: such a request has a field
 * of light-my-request, which what comes over a socket cannot have.
 */
export function isInternal({ raw }: { raw: IncomingMessage }): boolean {
  return '_lightMyRequest' in raw;
}

/**
 * Makes a request within this process that ends when the client has gone for which it is made.
 * @param send is given headers to send with the request
 */
export async function callWithin<T>(
  signal: AbortSignal,
  send: (headers: Record<string, string>) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const id = newId();
  callers.set(id, signal);
  try {
    return await send({ [callHeader]: id });
  } finally {
    callers.delete(id);
  }
}

/** The signal of the client for which a request of this process is made; undefined for any other. */
export function callerOf(raw: IncomingMessage): AbortSignal | undefined {
  return isInternal({ raw }) ? callers.get(String(raw.headers[callHeader])) : undefined;
}
