import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line that is written while a request is dealt with carries. */
interface RequestContext {
  request_id: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work`, and all that follows from it, as part of a request. */
export function withinRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/**
 * Runs `work` as part of no request: what serves everybody, such as a listener of the bus, must not be logged under the id of the
 * request that happened to set it off.
 */
export function outsideRequests<T>(work: () => T): T {
  return storage.exit(work);
}

/** The request that is being dealt with; undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}
