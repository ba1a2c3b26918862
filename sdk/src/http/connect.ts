import type { RefreshResult } from '../generated/types.js';
import { Api } from './api.js';
import type { RequestOptions } from './request-options.js';
import { Tokens, type TokensOptions } from './tokens.js';
import { Transport, type TransportOptions } from './transport.js';

/** Creates the HTTP layer of a client. @param signIn the tokens of another client, to share them */
export function connect(options: TransportOptions, signIn: TokensOptions | Tokens): Api {
  const tokens: Tokens =
    signIn instanceof Tokens
      ? signIn
      : new Tokens(signIn, async (refreshToken, bearer) => {
          if (refreshToken === undefined)
            return refresh({}, { headers: { authorization: `Bearer ${bearer}` } });
          // a second use of a refresh token revokes the login, so it is sent once
          return refresh({ refreshToken }, { maxRetries: 0 });
        });
  const api: Api = new Api(new Transport(options, tokens));
  // public, since a request for a token must not wait for a token
  const refresh = (body: object, options: RequestOptions) =>
    api.call<RefreshResult>({ method: 'POST', path: '/auth/refresh', body, isPublic: true, options });
  return api;
}
