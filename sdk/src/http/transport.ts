import { backoff, delay, retryAfterSeconds } from './delay.js';
import { ConnectionError, TimeoutError } from './errors.js';
import type { RequestOptions } from './request-options.js';
import type { Tokens } from './tokens.js';

/** One request, ready to be sent. */
export interface Request {
  method: string;
  /** Path and query below the base URL. */
  path: string;
  body?: string | undefined;
  isPublic: boolean;
  options: RequestOptions;
}

export interface TransportOptions {
  baseURL: string;
  fetch: typeof globalThis.fetch;
  /** How often a request is tried again. */
  maxRetries: number;
  /** Milliseconds for one try. */
  timeout: number;
  /** On every request. */
  headers: Record<string, string>;
}

/** A server that asks for more patience than this gets its answer passed on instead. */
const longestWaitMs = 60_000;
const longestBackoffMs = 8_000;
/** Nothing was done, so the same request may be sent again whatever it is. */
const refused = new Set([429, 503]);
const transient = new Set([...refused, 408, 502, 504]);

/** Sends requests: with the token, again when that is safe, and not longer than it may take. */
export class Transport {
  constructor(
    readonly options: TransportOptions,
    readonly tokens: Tokens,
  ) {}

  /**
   * Sends a request until it is answered for good.
   * @param streams true when the answer may take long: then the time-out ends with its beginning
   * @returns any answer, also one that is an error
   * @throws ConnectionError when there is none, the signal's reason when it was aborted
   */
  async fetch(request: Request, { streams = false } = {}): Promise<Response> {
    const { signal, maxRetries = this.options.maxRetries } = request.options;
    const headers = this.headersOf(request);
    // without a key a POST may have been done though its answer was lost
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
      // the first try of a POST is still at work
      const isAtWork = response.status === 409 && isRepeatable && asked !== undefined;
      if (last || !(isAtWork || (isRepeatable ? transient : refused).has(response.status))) return response;
      const wait = asked === undefined ? backoff(tries, longestBackoffMs) : asked * 1000;
      if (wait > longestWaitMs) return response;
      await response.body?.cancel();
      await delay(wait, signal);
    }
  }

  private headersOf({ method, body, isPublic, options }: Request): Record<string, string> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    // the server keeps keys by user, so it has none for those it does not know yet
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
      // read here, so that the time-out and the retries hold for the body too
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

/** `fetch` says only "fetch failed", and hides why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? (cause?.message || error.message);
}
