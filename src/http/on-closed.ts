import type { ServerResponse } from 'node:http';

/**
 * Calls back once a response has left or its connection is closed, also if that has happened already: a client may disconnect while
 * its request is processed, and 'close' is not emitted again.
 */
export function onClosed(response: ServerResponse, work: () => void): void {
  if (response.destroyed) work();
  else response.once('close', work);
}

/** A signal that is aborted when the client disconnects, at the latest when the response has left. */
export function closedSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  onClosed(response, () => controller.abort());
  return controller.signal;
}
