/** The options of every method, as its last argument. */
export interface RequestOptions {
  /** Aborts the request; the method then throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The timeout of one attempt, in milliseconds; the client's `timeout` by default. */
  timeout?: number | undefined;
  /** How often to retry; the client's `maxRetries` by default. */
  maxRetries?: number | undefined;
  /** For a POST: requests with the same key take effect once. A random key by default. */
  idempotencyKey?: string | undefined;
  /** Additional headers, such as `If-Match`. */
  headers?: Record<string, string> | undefined;
}
