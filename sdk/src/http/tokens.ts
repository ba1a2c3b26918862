import { ConnectionError, MillraceError } from './errors.js';

/** The tokens of a sign-in. */
export interface TokenPair {
  accessToken: string;
  refreshToken?: string | undefined;
}

export interface TokensOptions {
  /** A token, or a function that returns one. The function is called before each request and renews the token itself. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** The refresh token of the sign-in, used to renew the access token. */
  refreshToken?: string | undefined;
  /** Called with each new pair, to store it: a refresh token works once. */
  onTokens?: ((tokens: TokenPair) => void | Promise<void>) | undefined;
}

/** Requests new tokens from the server. */
export type Refresh = (refreshToken: string | undefined, bearer: string | undefined) => Promise<TokenPair>;

/** A token with less time left than this, or than a tenth of its life, is renewed before it is used. */
const marginMs = 60_000;
/** A failed renewal is retried after a time within these bounds, as long as the token is valid. */
const retryMs = { least: 250, most: 5_000 };
/** A longer timer would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Holds the token of a client and renews it when it is about to expire or was refused. */
export class Tokens {
  private token: TokensOptions['token'];
  private refreshToken: string | undefined;
  private renewal: Promise<boolean> | undefined;
  /** True when a new token seems to expire at once: the clock is wrong, so tokens are renewed only when the server refuses them. */
  private isClockWrong = false;
  /** True when the answer to a refresh was lost: the server may have accepted the token, and its reuse would end the session. */
  private mayBeSpent = false;

  constructor(
    private readonly options: TokensOptions,
    private readonly refresh: Refresh,
  ) {
    this.token = options.token;
    this.refreshToken = options.refreshToken;
  }

  /** Sets the tokens of a sign-in. */
  async set(pair: TokenPair): Promise<void> {
    this.token = pair.accessToken;
    if (pair.refreshToken !== undefined) {
      this.refreshToken = pair.refreshToken;
      this.mayBeSpent = false;
    }
    await this.options.onTokens?.(pair);
  }

  /** Returns the token to send, renewed if necessary; undefined when not signed in. */
  async current(): Promise<string | undefined> {
    if (typeof this.token === 'function') return this.token();
    if (this.token !== undefined && !this.isClockWrong && expiresSoon(this.token))
      await this.renew(this.token);
    return this.token;
  }

  /**
   * Renews a token that has expired or was refused; concurrent calls share one renewal.
   * @param used the token that was sent; nothing is done when it has been replaced already
   * @returns whether there is another token to try
   */
  async renew(used: string): Promise<boolean> {
    if (typeof this.token === 'function') return (await this.token()) !== used;
    if (this.token !== used) return true;
    // an access token can be renewed while it is valid; a personal access token is no JWT and lasts until it is revoked
    if (this.refreshToken === undefined && endOf(used) <= Date.now()) return false;
    this.renewal ??= this.ask(used).finally(() => (this.renewal = undefined));
    return this.renewal;
  }

  /**
   * Keeps the token renewed while a connection is open that ends with it.
   * @param renewed called with each new token
   * @returns a function that stops the renewal
   */
  keepFresh(renewed: (token: string) => void = () => undefined): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const watch = async (known: string | undefined): Promise<void> => {
      // a failed renewal is reported by the next request
      const token = await this.current().catch(() => known);
      if (isOver || token === undefined) return;
      if (known !== undefined && token !== known) renewed(token);
      const wait = this.isClockWrong ? undefined : untilNextTry(token);
      if (wait !== undefined) timer = setTimeout(() => void watch(token), Math.min(wait, longestTimerMs));
    };
    void watch(undefined);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }

  /** Forgets the tokens and returns them, so that their session can be ended. */
  async release(): Promise<{ token: string | undefined; refreshToken: string | undefined }> {
    const { refreshToken } = this;
    const token = typeof this.token === 'function' ? await this.token() : this.token;
    this.token = undefined;
    this.refreshToken = undefined;
    return { token, refreshToken };
  }

  private async ask(used: string): Promise<boolean> {
    const isLasting = endOf(used) > Date.now();
    const refreshToken = this.mayBeSpent && isLasting ? undefined : this.refreshToken;
    try {
      await this.set(await this.refresh(refreshToken, refreshToken === undefined ? used : undefined));
    } catch (error) {
      this.mayBeSpent ||= refreshToken !== undefined && error instanceof ConnectionError;
      // the token may still be valid; if not, the error of its refusal is more useful than that of the renewal
      if (error instanceof MillraceError) return false;
      throw error;
    }
    this.isClockWrong = this.token !== used && expiresSoon(this.token as string);
    return this.token !== used;
  }
}

function expiresSoon(token: string): boolean {
  const left = untilRenewal(token);
  return left !== undefined && left <= 0;
}

/** Milliseconds until a token should be renewed; undefined when it has no expiry. */
function untilRenewal(token: string): number | undefined {
  const { exp, iat } = claimsOf(token) ?? {};
  if (exp === undefined) return undefined;
  const margin = iat === undefined ? marginMs : Math.min(marginMs, (exp - iat) * 100);
  return exp * 1000 - Date.now() - margin;
}

/** Milliseconds until the next attempt to renew a token; undefined when it has expired, or has no expiry. */
function untilNextTry(token: string): number | undefined {
  const left = untilRenewal(token);
  if (left === undefined || left > 0) return left;
  const untilEnd = endOf(token) - Date.now();
  return untilEnd <= 0 ? undefined : Math.max(retryMs.least, Math.min(retryMs.most, untilEnd / 4));
}

/** The expiry of a token, as Unix time in milliseconds; 0 when it is no JWT. */
function endOf(token: string): number {
  return (claimsOf(token)?.exp ?? 0) * 1000;
}

/** The expiry and the time of issue of a JWT (RFC 7519, 4.1), as Unix time in seconds; undefined when the token is no JWT. */
function claimsOf(token: string): { exp?: number; iat?: number } | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    return JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: number; iat?: number };
  } catch {
    return undefined;
  }
}
