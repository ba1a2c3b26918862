import { fromWire, snake, toWire } from './case.js';
import { retryAfterSeconds } from './delay.js';
import { apiError, type ErrorCode } from './errors.js';
import { Listing, type AnyPage } from './listing.js';
import { fillPath, fillQuery } from './path.js';
import type { RequestOptions } from './request-options.js';
import type { Transport } from './transport.js';

/** A request as the generated methods make it. */
export interface Call {
  method: string;
  /** Below the client's `baseURL`, with the names of its parameters in braces: `/tasks/{taskId}`. */
  path: string;
  parameters?: Record<string, string>;
  body?: unknown;
  query?: object | undefined;
  /** Fields, in the names of the wire, whose content is free-form JSON. */
  keep?: readonly string[];
  keepBody?: boolean;
  keepAnswer?: boolean;
  /** It needs no token. */
  isPublic?: boolean;
  options?: RequestOptions | undefined;
}

interface Envelope {
  data?: unknown;
  error?: { code: ErrorCode; message: string; details?: Record<string, unknown> } | null;
  meta?: { request_id?: string };
}

/** Between the methods of the client and HTTP: it turns camelCase values into requests, and answers into values or errors. */
export class Api {
  constructor(readonly transport: Transport) {}

  /** Sends a request. @returns the answer's data @throws ApiError, ConnectionError, ArgumentError */
  async call<T>(call: Call): Promise<T> {
    const { response, text } = await this.send(call);
    if (response.status === 204 || text === '') return undefined as T;
    const { data } = parse(text) ?? {};
    return (call.keepAnswer ? data : fromWire(data, call.keep)) as T;
  }

  /** A list that may be awaited or gone through. @param field of a page that has the items */
  list<P extends AnyPage, K extends keyof P>(call: Call, field: K): Listing<P, K> {
    const from = (cursor: string) => ({ ...call.query, page: undefined, offset: undefined, cursor });
    return new Listing(
      (cursor) => this.call<P>(cursor === undefined ? call : { ...call, query: from(cursor) }),
      field,
    );
  }

  /** Sends a request. @returns the answer as it comes, once it has begun well @throws ApiError, ConnectionError, ArgumentError */
  async raw(call: Call): Promise<Response> {
    const response = await this.transport.fetch(this.request(call), { streams: true });
    if (!response.ok) throw await failure(response, await response.text());
    return response;
  }

  private async send(call: Call): Promise<{ response: Response; text: string }> {
    const response = await this.transport.fetch(this.request(call));
    const text = await response.text();
    // an unhealthy report is a 503 that tells what it was asked for
    if (!response.ok && parse(text)?.error !== null) throw await failure(response, text);
    return { response, text };
  }

  private request({ method, path, parameters, body, query, keep, keepBody, isPublic, options }: Call) {
    const text = body === undefined ? undefined : JSON.stringify(keepBody ? body : toWire(body, keep));
    return {
      method,
      path: fillPath(path, parameters) + fillQuery(query ?? {}, snake),
      body: text,
      isPublic: isPublic ?? false,
      options: options ?? {},
    };
  }
}

function parse(text: string): Envelope | undefined {
  try {
    return JSON.parse(text) as Envelope;
  } catch {
    return undefined;
  }
}

async function failure(response: Response, text: string) {
  const { error, meta } = parse(text) ?? {};
  const { status } = response;
  const requestId = meta?.request_id ?? response.headers.get('x-request-id') ?? undefined;
  const retryAfter = retryAfterSeconds(response.headers.get('retry-after'));
  if (error) return apiError({ status, ...error, details: error.details ?? {}, requestId, retryAfter });
  // a proxy, or something that is not Millrace
  const code: ErrorCode = status === 404 ? 'RESOURCE_NOT_FOUND' : 'INTERNAL_ERROR';
  const message = `The server answered ${status} ${response.statusText} without saying why`;
  return apiError({ status, code, message, details: {}, requestId, retryAfter });
}
