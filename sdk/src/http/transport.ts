import { backoff, delay, retryAfterSeconds } from './delay.js';
import { ConnectionError, TimeoutError } from './errors.js';
import type { RequestOptions } from './request-options.js';
import type { Tokens } from './tokens.js';

/** A request, ready to be sent. */
export interface Request {
  method: string;
  /** Path and query below the base URL. */
  path: string;
  /** JSON, the parts of a form, or a file. */
  body?: string | FormData | Blob | undefined;
  isPublic: boolean;
  options: RequestOptions;
}

export interface TransportOptions {
  baseURL: string;
  fetch: typeof globalThis.fetch;
  /** How often a request is retried. */
  maxRetries: number;
  /** The timeout of one attempt, in milliseconds. */
  timeout: number;
  /** Headers of every request. */
  headers: Record<string, string>;
}

/** When `Retry-After` is longer than this, the answer is returned instead of retrying. */
const longestWaitMs = 60_000;
const longestBackoffMs = 8_000;
/** With these statuses the server did nothing, so that any request can be sent again. */
const refused = new Set([429, 503]);
const transient = new Set([...refused, 408, 502, 504]);

/** Sends requests with the token, with retries where they are safe, and with a timeout. */
export class Transport {
  constructor(
    readonly options: TransportOptions,
    readonly tokens: Tokens,
  ) {}

  /**
   * Sends a request, and retries it where that is safe.
   * @param streams true for a streaming answer: the timeout then covers only the headers
   * @returns the answer, also when its status is an error
   * @throws ConnectionError when the server does not answer, the signal's reason when it was aborted
   */
  async fetch(request: Request, { streams = false } = {}): Promise<Response> {
    const { signal, maxRetries = this.options.maxRetries } = request.options;
    const headers = this.headersOf(request);
    // without a key a POST may have taken effect although its answer was lost
    const isRepeatable = request.method !== 'POST' || headers['idempotency-key'] !== undefined;
    let renewed = false;
    for (let tries = 1; ; tries += 1) {
      const token = request.isPublic ? undefined : await this.tokens.current();
      const last = tries > maxRetries;
      let response: Response;
      try {
        response = await this.once(
          request,
          token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
          streams,
        );
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        if (last || !isRepeatable) throw error;
        await delay(backoff(tries, longestBackoffMs), signal);
        continue;
      }
      if (response.status === 401 && token !== undefined && !renewed) {
        renewed = true;
        if (await this.tokens.renew(token)) {
          await response.body?.cancel();
          tries -= 1;
          continue;
        }
      }
      const asked = retryAfterSeconds(response.headers.get('retry-after'));
      // the first attempt of the POST is still in progress
      const isInProgress = response.status === 409 && isRepeatable && asked !== undefined;
      if (last || !(isInProgress || (isRepeatable ? transient : refused).has(response.status)))
        return response;
      const wait = asked === undefined ? backoff(tries, longestBackoffMs) : asked * 1000;
      if (wait > longestWaitMs) return response;
      await response.body?.cancel();
      await delay(wait, signal);
    }
  }

  private headersOf({ method, body, isPublic, options }: Request): Record<string, string> {
    const headers: Record<string, string> = { accept: 'application/json' };
    // that of a form has a boundary, which `fetch` chooses
    if (typeof body === 'string') headers['content-type'] = 'application/json';
    // idempotency keys belong to a user, so requests without a sign-in have none
    if (method === 'POST' && !isPublic)
      headers['idempotency-key'] = options.idempotencyKey ?? crypto.randomUUID();
    for (const given of [this.options.headers, options.headers ?? {}])
      for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = value;
    return headers;
  }

  private async once(
    { method, path, body, options }: Request,
    headers: Record<string, string>,
    streams: boolean,
  ): Promise<Response> {
    const { signal, timeout = this.options.timeout } = options;
    // one controller a request: `AbortSignal.any` over a signal that lives long leaks on Node 20
    const ending = new AbortController();
    const abort = () => ending.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      ending.abort();
    }, timeout);
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    try {
      const init = { method, headers, signal: ending.signal, ...(body === undefined ? {} : { body }) };
      const response = await this.options.fetch(this.options.baseURL + path, init);
      if (streams) {
        clearTimeout(timer);
        return response;
      }
      // read here, so that the timeout and the retries cover the body, too
      const text = await response.arrayBuffer();
      done();
      const { status, statusText } = response;
      return new Response(text.byteLength === 0 ? null : text, {
        status,
        statusText,
        headers: response.headers,
      });
    } catch (cause) {
      done();
      if (signal?.aborted) throw signal.reason;
      if (timedOut) throw new TimeoutError(`No answer within ${timeout} ms: ${method} ${path}`, { cause });
      throw new ConnectionError(`${this.options.baseURL} cannot be reached: ${reasonOf(cause)}`, { cause });
    }
  }
}

/** Finds the reason of a failed `fetch`, which reports "fetch failed" and hides the reason in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? (cause?.message || error.message);
}
