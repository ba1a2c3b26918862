import { ConnectionError, MillraceError } from './errors.js';

/** Tokens as the server gives them. */
export interface TokenPair {
  accessToken: string;
  refreshToken?: string | undefined;
}

export interface TokensOptions {
  /** A token, or a function that gives one: it is then asked before each request, and refreshes it itself. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** From the login: gets a new token when the old one expires. */
  refreshToken?: string | undefined;
  /** Told of each new pair, to keep it: a refresh token works once. */
  onTokens?: ((tokens: TokenPair) => void | Promise<void>) | undefined;
}

/** Asks the server for a new token. */
export type Refresh = (refreshToken: string | undefined, bearer: string | undefined) => Promise<TokenPair>;

/** A token with less time left than this, or than a tenth of its life, is renewed before it is used. */
const marginMs = 60_000;
/** A renewal that failed is tried again within these, as long as the token lasts: the server may be away for a moment. */
const retryMs = { least: 250, most: 5_000 };
/** A timer that is set for longer goes off at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The token of a client, renewed when it is about to expire or was refused. */
export class Tokens {
  private token: TokensOptions['token'];
  private refreshToken: string | undefined;
  private renewal: Promise<boolean> | undefined;
  /** A clock that finds a new token about to expire is wrong; the server then says when to renew. */
  private isClockWrong = false;
  /** The answer to it was lost, so the server may have taken it; a second use would end the session. */
  private mayBeSpent = false;

  constructor(
    private readonly options: TokensOptions,
    private readonly refresh: Refresh,
  ) {
    this.token = options.token;
    this.refreshToken = options.refreshToken;
  }

  /** Takes the tokens of a login. */
  async set(pair: TokenPair): Promise<void> {
    this.token = pair.accessToken;
    if (pair.refreshToken !== undefined) {
      this.refreshToken = pair.refreshToken;
      this.mayBeSpent = false;
    }
    await this.options.onTokens?.(pair);
  }

  /** The token to send; undefined for nobody. */
  async current(): Promise<string | undefined> {
    if (typeof this.token === 'function') return this.token();
    if (this.token !== undefined && !this.isClockWrong && expiresSoon(this.token))
      await this.renew(this.token);
    return this.token;
  }

  /**
   * Gets a new token in place of one that has expired or was refused; requests that need one at once wait for the same.
   * @param used the token that was sent: when there is another one by now, that is enough
   * @returns whether there is another token to try
   */
  async renew(used: string): Promise<boolean> {
    if (typeof this.token === 'function') return (await this.token()) !== used;
    if (this.token !== used) return true;
    // a bearer can be renewed while it is valid; a personal access token is no JWT and lasts until it is revoked
    if (this.refreshToken === undefined && endOf(used) <= Date.now()) return false;
    this.renewal ??= this.ask(used).finally(() => (this.renewal = undefined));
    return this.renewal;
  }

  /**
   * Renews the token in time for as long as something is open that ends with it.
   * @param renewed called with each new token
   * @returns a function that ends this
   */
  keepFresh(renewed: (token: string) => void = () => undefined): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const watch = async (known: string | undefined): Promise<void> => {
      // a token that cannot be had now is missed by whoever needs it
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

  /** Gives what is held, to end it, and forgets it. */
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
      // the token may still do; if not, its own refusal says more than that of the renewal
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

/** Milliseconds until a token is to be renewed; undefined for one that does not say when it expires. */
function untilRenewal(token: string): number | undefined {
  const { exp, iat } = claimsOf(token) ?? {};
  if (exp === undefined) return undefined;
  const margin = iat === undefined ? marginMs : Math.min(marginMs, (exp - iat) * 100);
  return exp * 1000 - Date.now() - margin;
}

/** Milliseconds until a token is to be looked at again; undefined for one that has expired, or does not say when it will. */
function untilNextTry(token: string): number | undefined {
  const left = untilRenewal(token);
  if (left === undefined || left > 0) return left;
  const untilEnd = endOf(token) - Date.now();
  return untilEnd <= 0 ? undefined : Math.max(retryMs.least, Math.min(retryMs.most, untilEnd / 4));
}

/** When a token expires, as Unix time in milliseconds; 0 for one that is no JWT. */
function endOf(token: string): number {
  return (claimsOf(token)?.exp ?? 0) * 1000;
}

/** When a JWT was made and expires (RFC 7519, 4.1), as Unix time in seconds; undefined for anything else. */
function claimsOf(token: string): { exp?: number; iat?: number } | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    return JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: number; iat?: number };
  } catch {
    return undefined;
  }
}
