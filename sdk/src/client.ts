import { Attachments } from './files/attachments.js';
import { Resources } from './generated/resources.js';
import type { Login, LoginResult } from './generated/types.js';
import { connect } from './http/connect.js';
import type { Tokens, TokensOptions } from './http/tokens.js';
import { Commands } from './output/commands.js';
import { Tasks } from './output/tasks.js';
import { WebSocketApi } from './websocket/websocket-api.js';

export interface MillraceClientOptions extends TokensOptions {
  /** The URL of the API; `http://localhost:8000/api` by default. In a browser it may be a path of the page's host: `/api`. */
  baseURL?: string | undefined;
  /** The URL of the WebSocket endpoint; derived from `baseURL` by default: `ws://localhost:8000/ws`. */
  websocketURL?: string | undefined;
  /** The work session in which actions are recorded. */
  sessionId?: string | undefined;
  /** How often a request is retried when that is safe; 3 by default. */
  maxRetries?: number | undefined;
  /** The timeout of one attempt, in milliseconds; 75000 by default, longer than any request of the API waits. */
  timeout?: number | undefined;
  /** Additional headers for every request. */
  headers?: Record<string, string> | undefined;
  /** A replacement for the platform's `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
}

/**
 * A client of Millrace.
 *
 *     const client = new MillraceClient({ baseURL: 'http://localhost:8000/api', token: '…' });
 *     const task = await client.tasks.create({ title: 'Say hello', projectId: 'SHOP', command: 'echo hello' });
 */
export class MillraceClient extends Resources {
  override readonly attachments: Attachments;
  override readonly commands: Commands;
  override readonly tasks: Tasks;
  /** Live messages over a WebSocket. */
  readonly websocket: WebSocketApi;
  private readonly tokens: Tokens;

  constructor(
    private readonly options: MillraceClientOptions = {},
    tokens?: Tokens,
  ) {
    const { maxRetries = 3, timeout = 75_000, sessionId } = options;
    const baseURL = (options.baseURL ?? 'http://localhost:8000/api').replace(/\/+$/, '');
    // a browser's own fetch must not be called as the method of something else
    const fetch =
      options.fetch ?? ((...request: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...request));
    const headers = { ...(sessionId === undefined ? {} : { 'x-session-id': sessionId }), ...options.headers };
    const api = connect({ baseURL, fetch, maxRetries, timeout, headers }, tokens ?? options);
    super(api);
    this.tokens = api.transport.tokens;
    this.attachments = new Attachments(api);
    this.commands = new Commands(api);
    this.tasks = new Tasks(api);
    this.websocket = new WebSocketApi(options.websocketURL ?? websocketBeside(baseURL), this.tokens);
  }

  /**
   * Signs in: later requests are made as this user, and its tokens are renewed automatically.
   * @throws ApiError AUTH_INVALID_CREDENTIALS, AUTH_ACCOUNT_DISABLED, RATE_LIMIT_EXCEEDED after ten wrong passwords
   */
  async login(credentials: Login): Promise<LoginResult> {
    const result = await this.auth.login(credentials);
    await this.tokens.set(result);
    return result;
  }

  /**
   * Signs out: ends the session on the server with all its tokens and connections, and forgets the tokens. A personal access token
   * has no session; it is revoked instead.
   * @throws ApiError AUTH_TOKEN_INVALID when the session had ended already
   */
  async logout(): Promise<void> {
    const { token, refreshToken } = await this.tokens.release();
    if (token === undefined && refreshToken === undefined) return;
    const options = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
    await this.auth.logout(refreshToken === undefined ? {} : { refreshToken }, options);
  }

  /** Returns a copy of this client that shares its sign-in, with a work session or other settings of its own. */
  with(
    options: Pick<MillraceClientOptions, 'sessionId' | 'maxRetries' | 'timeout' | 'headers'>,
  ): MillraceClient {
    return new MillraceClient({ ...this.options, ...options }, this.tokens);
  }
}

function websocketBeside(baseURL: string): string {
  const { location } = globalThis as { location?: { href: string } };
  const url = new URL(`${baseURL.replace(/\/api$/, '')}/ws`, location?.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}
