import { randomBytes } from 'node:crypto';
import { checkAnswer } from './answer-check.js';
import type { Json } from './json.js';

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON, or the text of another media type. */
  body: Json;
  bytes: Buffer;
}

export interface RequestOptions {
  headers?: Record<string, string>;
  query?: Record<string, string | number | boolean>;
  signal?: AbortSignal;
}

export interface Credentials {
  username: string;
  password: string;
}

export type UserRole = 'viewer' | 'developer' | 'admin';

/** A client of the HTTP API, signed in or anonymous. */
export class Client {
  /** The user as returned by the login; `{}` for an anonymous client. */
  user: Json = {};
  credentials: Credentials | undefined;
  token: string | undefined;
  refreshToken: string | undefined;

  /** @param nextUrl returns the server for each request, so that all servers of a cluster are used */
  constructor(
    private readonly nextUrl: () => string,
    private readonly headers: Record<string, string> = {},
  ) {}

  get(path: string, options?: RequestOptions): Promise<Answer> {
    return this.request('GET', path, undefined, options);
  }

  post(path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    return this.request('POST', path, body, options);
  }

  put(path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    return this.request('PUT', path, body, options);
  }

  delete(path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    return this.request('DELETE', path, body, options);
  }

  /**
   * Sends a request. Strings, buffers and forms are sent unchanged, other bodies as JSON. A response that the OpenAPI document does not allow
   * is an error.
   */
  async request(method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<Answer> {
    const url = this.urlOf(path, options);
    const response = await this.send(method, url, body, options);
    const { status, headers } = response;
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = headers.get('content-type')?.includes('json') && bytes.length > 0;
    const answer = { status, headers, body: isJson ? JSON.parse(bytes.toString()) : bytes.toString(), bytes };
    checkAnswer({ method, url, sent: body, status, headers, body: answer.body });
    return answer;
  }

  /** Sends a request like `request`, but leaves the body to the caller as a stream (server-sent events, raw output). */
  async open(method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<Response> {
    const url = this.urlOf(path, options);
    const response = await this.send(method, url, body, options);
    checkAnswer({ method, url, sent: body, status: response.status, headers: response.headers });
    return response;
  }

  private urlOf(path: string, { query = {} }: RequestOptions): URL {
    const url = new URL(path, this.nextUrl());
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return url;
  }

  private send(method: string, url: URL, body: unknown, options: RequestOptions): Promise<Response> {
    const isForm = body instanceof FormData;
    const raw = typeof body === 'string' || body instanceof Uint8Array || isForm;
    const headers: Record<string, string> = { ...this.headers };
    if (this.token !== undefined) headers['authorization'] = `Bearer ${this.token}`;
    // that of a form has a boundary, which `fetch` chooses
    if (body !== undefined && !isForm) headers['content-type'] = 'application/json';
    return fetch(url, {
      method,
      headers: { ...headers, ...options.headers },
      ...(body === undefined ? {} : { body: raw ? (body as RequestInit['body']) : JSON.stringify(body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  }

  /** Returns a client of the same user that sends additional headers with every request, such as `X-Session-ID`. */
  with(headers: Record<string, string>): Client {
    const client = new Client(this.nextUrl, { ...this.headers, ...headers });
    return Object.assign(client, {
      user: this.user,
      credentials: this.credentials,
      token: this.token,
      refreshToken: this.refreshToken,
    });
  }

  /** Returns a client that is not signed in. */
  anonymous(): Client {
    return new Client(this.nextUrl);
  }

  /** Returns a client that sends a token of any kind. */
  withToken(token: string): Client {
    return Object.assign(this.anonymous(), { token });
  }

  /** Signs in. @returns a client of that user */
  async as(credentials: Credentials): Promise<Client> {
    const client = this.anonymous();
    const { data } = (await expectStatus(200, client.post('/api/auth/login', credentials))).body;
    return Object.assign(client, {
      credentials,
      user: data.user,
      token: data.access_token,
      refreshToken: data.refresh_token,
    });
  }

  /** Creates a user, as an administrator, and signs in. @returns a client of the new user */
  async createUser(role: UserRole, fields: Record<string, unknown> = {}): Promise<Client> {
    const username = `${role}-${randomBytes(4).toString('hex')}`;
    const user = {
      username,
      password: `password of ${username}`,
      email: `${username}@example.org`,
      role,
      ...fields,
    };
    await expectStatus(201, this.post('/api/users/', user));
    return this.as({ username: user.username, password: user.password });
  }
}

/** Returns a response with the expected status. @throws with its body when the status is another one */
export async function expectStatus(status: number, answer: Promise<Answer> | Answer): Promise<Answer> {
  const given = await answer;
  if (given.status !== status)
    throw new Error(`Expected status ${status}, got ${given.status}: ${JSON.stringify(given.body)}`);
  return given;
}
