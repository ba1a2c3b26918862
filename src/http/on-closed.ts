import type { ServerResponse } from 'node:http';

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
  onClosed(response, () => controller.abort(requestEnded));
  return controller.signal;
}
