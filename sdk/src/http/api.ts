import { BaseURLError, findApi } from './base-url.js';
import { fromWire, snake, toWire } from './case.js';
import type { FileBody } from './file-body.js';
import { retryAfterSeconds } from './delay.js';
import { apiError, type ApiError, type ErrorCode, type MillraceError } from './errors.js';
import { Listing, type AnyPage } from './listing.js';
import { fillPath, fillQuery } from './path.js';
import type { RequestOptions } from './request-options.js';
import type { Transport } from './transport.js';

/** A request as the generated methods describe it. */
export interface Call {
  method: string;
  /** The path below `baseURL`, with parameters in braces: `/tasks/{taskId}`. */
  path: string;
  parameters?: Record<string, string>;
  body?: unknown;
  /** The content of a file, which is the body as it is. */
  file?: FileBody;
  query?: object | undefined;
  /** Fields, as named in JSON, whose content is free-form and keeps its names. */
  keep?: readonly string[];
  keepBody?: boolean;
  keepAnswer?: boolean;
  /** True when the endpoint needs no token. */
  isPublic?: boolean;
  options?: RequestOptions | undefined;
}

interface Envelope {
  data?: unknown;
  error?: { code: ErrorCode; message: string; details?: Record<string, unknown> } | null;
  meta?: { request_id?: string };
}

/** Maps the methods of the client to HTTP: camelCase values to requests, and answers to values or errors. */
export class Api {
  /** True once an answer had the envelope of the API. */
  private isFound = false;

  constructor(readonly transport: Transport) {}

  /** Sends a request. @returns the answer's data @throws ApiError, ConnectionError, ArgumentError, BaseURLError */
  async call<T>(call: Call): Promise<T> {
    const { response, text } = await this.send(call);
    if (response.status === 204 || text === '') return undefined as T;
    const envelope = parse(text);
    if (!envelope || !('data' in envelope)) throw await this.misplaced();
    this.isFound = true;
    const { data } = envelope;
    return (call.keepAnswer ? data : fromWire(data, call.keep)) as T;
  }

  /** Requests a list, which can be awaited or iterated. @param field of a page that holds the items */
  list<P extends AnyPage, K extends keyof P>(call: Call, field: K): Listing<P, K> {
    const from = (cursor: string) => ({ ...call.query, page: undefined, offset: undefined, cursor });
    return new Listing(
      (cursor) => this.call<P>(cursor === undefined ? call : { ...call, query: from(cursor) }),
      field,
    );
  }

  /** Sends a request with a streaming answer. @returns the response, once its headers have arrived @throws ApiError, ConnectionError, ArgumentError, BaseURLError */
  async raw(call: Call): Promise<Response> {
    const response = await this.transport.fetch(this.request(call), { streams: true });
    if (!response.ok) throw await this.failure(response, await response.text());
    return response;
  }

  private async send(call: Call): Promise<{ response: Response; text: string }> {
    const response = await this.transport.fetch(this.request(call));
    const text = await response.text();
    // an unhealthy health report has the status 503 and is still the answer
    if (!response.ok && parse(text)?.error !== null) throw await this.failure(response, text);
    return { response, text };
  }

  private async failure(response: Response, text: string): Promise<MillraceError> {
    const error = failure(response, text);
    // either the thing does not exist, or the base URL is wrong and the route does not
    if (!this.isFound && error.code === 'RESOURCE_NOT_FOUND') {
      const apiURL = await findApi(this.transport.options);
      if (apiURL !== undefined) return new BaseURLError(this.transport.options.baseURL, apiURL);
    }
    return error;
  }

  /** The error for a successful answer that is not the API's, such as the page of a web server. */
  private async misplaced(): Promise<BaseURLError> {
    const { options } = this.transport;
    return new BaseURLError(options.baseURL, await findApi(options));
  }

  private request(call: Call) {
    const { method, path, parameters, query, isPublic, options } = call;
    const sent = sentBody(call);
    return {
      method,
      path: fillPath(path, parameters) + fillQuery(query ?? {}, snake),
      body: sent,
      isPublic: isPublic ?? false,
      options: options ?? {},
    };
  }
}

function sentBody({ body, file, keep, keepBody }: Call): string | FormData | Blob | undefined {
  if (file !== undefined) return typeof file === 'string' ? new Blob([file]) : file;
  if (body === undefined || body instanceof FormData) return body;
  return JSON.stringify(keepBody ? body : toWire(body, keep));
}

function parse(text: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function failure(response: Response, text: string): ApiError {
  const { error, meta } = parse(text) ?? {};
  const { status } = response;
  const requestId = meta?.request_id ?? response.headers.get('x-request-id') ?? undefined;
  const retryAfter = retryAfterSeconds(response.headers.get('retry-after'));
  if (error) return apiError({ status, ...error, details: error.details ?? {}, requestId, retryAfter });
  // the answer of a proxy, or of another server
  const code: ErrorCode = status === 404 ? 'RESOURCE_NOT_FOUND' : 'INTERNAL_ERROR';
  const message = `The server answered ${status} ${response.statusText} without saying why`;
  return apiError({ status, code, message, details: {}, requestId, retryAfter });
}
