import type { FastifyInstance, InjectOptions } from 'fastify';
import { AppError } from '../common/errors.js';
import { callWithin } from '../http/internal-requests.js';

/** An error answer of the API. */
export class ApiFault extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown>,
  ) {
    super(message);
    this.name = 'ApiFault';
  }
}

export type Query = Record<string, string | number | boolean | undefined>;
// oxlint-disable-next-line typescript/no-explicit-any -- the shapes of answers are those of the OpenAPI document
export type Data = any;

/** Who calls, as the request that asked for it said. */
export interface Caller {
  headers: Record<string, string>;
  /** The address that the request came from. */
  address: string;
  /** Aborted when its client has gone, which ends what is called for it. */
  signal: AbortSignal;
  /** Does a read in the turn of the caller. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The most characters of an answer: it is parsed in one piece, in which nothing else is served. A million takes about 4 ms. */
const mostCharacters = 8 * 1024 * 1024;

/**
 * Calls the routes of the API within this process on behalf of a request, with its token: what it may do, the limits and the history are
 * those of the API.
 */
export class ApiCalls {
  constructor(
    private readonly server: FastifyInstance,
    private readonly caller: Caller,
  ) {}

  /** Reads an answer, in the turn of the caller: it is held as a whole, and counts for no limit of what is unread. */
  get(path: string, query: Query = {}): Promise<Data> {
    return this.inTurn(() => this.call('GET', path, undefined, query));
  }

  /**
   * Reads an answer that waits for something else than the database: its route takes the turns that it needs by itself.
   * @param signal ends the wait
   */
  wait(path: string, query: Query, signal: AbortSignal): Promise<Data> {
    const within = AbortSignal.any([this.caller.signal, signal]);
    return new ApiCalls(this.server, { ...this.caller, signal: within }).call('GET', path, undefined, query);
  }

  post(path: string, body: object = {}): Promise<Data> {
    return this.call('POST', path, body);
  }

  put(path: string, body: object): Promise<Data> {
    return this.call('PUT', path, body);
  }

  /** Reads an answer that is text, such as output. @throws ApiFault */
  async text(path: string, query: Query): Promise<string> {
    const { statusCode, payload } = await this.inTurn(() => this.send('GET', path, undefined, query));
    if (statusCode >= 300) throw faultOf(statusCode, payload);
    return payload;
  }

  /** Reads an answer that is a file or a piece of one. The query must bound it, since it is held as a whole. @throws ApiFault */
  async bytes(path: string, query: Query): Promise<Buffer> {
    const { statusCode, payload, rawPayload } = await this.inTurn(() =>
      this.send('GET', path, undefined, query),
    );
    if (statusCode >= 300) throw faultOf(statusCode, payload);
    return rawPayload;
  }

  /** Returns the `data` of an answer; undefined when it is empty. @throws ApiFault */
  private async call(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: object,
    query: Query = {},
  ): Promise<Data> {
    const { statusCode, payload } = await this.send(method, path, body, query);
    if (statusCode >= 300) throw faultOf(statusCode, payload);
    if (payload.length > mostCharacters)
      throw new ApiFault(422, 'ANSWER_TOO_LARGE', 'The answer would be too large for a tool', {});
    return payload === '' ? undefined : (JSON.parse(payload) as { data: unknown }).data;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.caller.inTurn(work);
    } catch (error) {
      // when the turn does not come
      if (!(error instanceof AppError)) throw error;
      throw new ApiFault(error.status, error.code, error.message, {});
    }
  }

  private async send(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body: object | undefined,
    query: Query,
  ): Promise<{ statusCode: number; payload: string; rawPayload: Buffer }> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const options: InjectOptions = {
      method,
      url: path,
      query: Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
      headers: {
        ...this.caller.headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      remoteAddress: this.caller.address,
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    };
    return callWithin(this.caller.signal, (headers) =>
      this.server.inject({ ...options, headers: { ...options.headers, ...headers } }),
    );
  }
}

/** Puts values into a path, such as the ids that a caller has sent. */
export function pathOf(strings: TemplateStringsArray, ...values: string[]): string {
  // these would lead to another path
  const bad = values.find((value) => ['', '.', '..'].includes(value));
  if (bad !== undefined) throw new ApiFault(422, 'VALIDATION_INVALID_FORMAT', `"${bad}" names nothing`, {});
  return String.raw({ raw: strings }, ...values.map((value) => encodeURIComponent(value)));
}

function faultOf(status: number, payload: string): ApiFault {
  try {
    const { error } = JSON.parse(payload) as {
      error: { code: string; message: string; details: Record<string, unknown> };
    };
    return new ApiFault(status, error.code, error.message, error.details);
  } catch {
    return new ApiFault(status, 'INTERNAL_ERROR', payload.slice(0, 200), {});
  }
}
