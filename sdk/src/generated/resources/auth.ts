// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  AuthEndOtherSessionsQuery,
  AuthListSessionsQuery,
  AuthSessionPage,
  EndedSessions,
  Login,
  LoginResult,
  Logout,
  Message,
  Refresh,
  RefreshResult,
} from '../types.js';

/** Sign-in and renewal of tokens */
export class AuthResource {
  constructor(protected readonly api: Api) {}

  /**
   * Sign in.
   * Gives an access token for the `Authorization` header and a refresh token. After 10 failures for a name from one address it is answered 429 there for a while; so many that they come from everywhere, or at many names, slow down whoever has not signed in from the same address lately.
   * @throws {ApiError} AUTH_INVALID_CREDENTIALS
   */
  login(body: Login, options?: RequestOptions): Promise<LoginResult> {
    return this.api.call({ method: 'POST', path: '/auth/login', body, isPublic: true, options });
  }

  /**
   * Sign out.
   * Ends the session of the bearer token, and of `refresh_token` if that is sent: all their tokens are refused from now on, and sockets and streams that came with them are closed.
   */
  logout(body?: Logout, options?: RequestOptions): Promise<Message> {
    return this.api.call({ method: 'POST', path: '/auth/logout', body, isPublic: true, options });
  }

  /**
   * Renew the access token.
   * With `refresh_token` the token rotates, and a second use of it ends the session with all its tokens. Without it the bearer token is renewed and stays valid until it expires; that goes on until the sign-in is as old as a refresh token gets.
   */
  refresh(body?: Refresh, options?: RequestOptions): Promise<RefreshResult> {
    return this.api.call({ method: 'POST', path: '/auth/refresh', body, isPublic: true, options });
  }

  /**
   * List your sign-ins.
   * Lists the open sign-ins, latest first. Scopes, one of: `admin`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} ANSWER_TOO_LARGE
   */
  listSessions(query?: AuthListSessionsQuery, options?: RequestOptions): Listing<AuthSessionPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/auth/sessions', query, options }, 'items');
  }

  /**
   * End your other sign-ins.
   * Ends all sign-ins but that of this request; with `user_id`, an administrator ends all of that user. Scopes, one of: `admin`.
   */
  endOtherSessions(query?: AuthEndOtherSessionsQuery, options?: RequestOptions): Promise<EndedSessions> {
    return this.api.call({ method: 'DELETE', path: '/auth/sessions', query, options });
  }

  /**
   * End a sign-in.
   * Ends one of your own sign-ins; administrators can end any. Its tokens are refused from then on, and its sockets and streams are closed. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  endSession(sessionId: string, options?: RequestOptions): Promise<Message> {
    return this.api.call({
      method: 'DELETE',
      path: '/auth/sessions/{sessionId}',
      parameters: { sessionId },
      options,
    });
  }
}
