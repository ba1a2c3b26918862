import type { ServerResponse } from 'node:http';

/**
 * Calls back once an answer has left or its connection is closed. A client may hang up while its request is looked at: the event
 * has been emitted then and does not come again, and what waited for it would be kept for ever.
 */
export function onClosed(response: ServerResponse, work: () => void): void {
  if (response.destroyed) work();
  else response.once('close', work);
}

/** Aborted when the client goes away, at the latest when its answer has left. */
export function closedSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  onClosed(response, () => controller.abort());
  return controller.signal;
}
