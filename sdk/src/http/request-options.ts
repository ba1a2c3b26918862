/** What every method takes as its last argument. */
export interface RequestOptions {
  /** Ends the request; the method then throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for one try; the client's `timeout` unless said. */
  timeout?: number | undefined;
  /** How often to try again; the client's `maxRetries` unless said. */
  maxRetries?: number | undefined;
  /** For a POST: the same key does the same thing once, however often it is sent. Made for you unless said. */
  idempotencyKey?: string | undefined;
  /** More headers, such as `If-Match`. */
  headers?: Record<string, string> | undefined;
}
