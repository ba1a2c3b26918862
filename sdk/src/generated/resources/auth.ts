// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { Login, LoginResult, Refresh, RefreshResult } from '../types.js';

/** Signing in, and renewing tokens */
export class AuthResource {
  constructor(protected readonly api: Api) {}

  /**
   * Sign in.
   * Gives an access token for the `Authorization` header and a refresh token. After 10 failures for a name or from an address it is answered 429 for a while.
   * @throws {ApiError} AUTH_INVALID_CREDENTIALS
   */
  login(body: Login, options?: RequestOptions): Promise<LoginResult> {
    return this.api.call({ method: 'POST', path: '/auth/login', body, isPublic: true, options });
  }

  /**
   * Renew the access token.
   * With `refresh_token` the token rotates, and a second use of it revokes all tokens of that login. Without it the bearer token is renewed and stays valid until it expires.
   */
  refresh(body?: Refresh, options?: RequestOptions): Promise<RefreshResult> {
    return this.api.call({ method: 'POST', path: '/auth/refresh', body, isPublic: true, options });
  }
}
