import type { ServerResponse } from 'node:http';
import { callerOf } from './internal-requests.js';

/**
 * Calls back once a response has left or its connection is closed, also if that has happened already: a client may disconnect while
 * its request is processed, and 'close' is not emitted again.
 */
export function onClosed(response: ServerResponse, work: () => void): void {
  if (response.destroyed) work();
  else response.once('close', work);
}

/** The reason of every signal that ends with its request. `abort()` would make one each time, whose stack trace takes 60 µs. */
export const requestEnded = new DOMException('The request has ended', 'AbortError');

/** A signal that is aborted when the client disconnects, at the latest when the response has left. */
export function closedSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(requestEnded);
  onClosed(response, abort);
  // a request of this process has no connection: it ends with the one that it is made for
  const caller = callerOf(response.req);
  if (caller?.aborted) abort();
  else caller?.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
