import { AuthResource } from '../generated/resources/auth.js';
import { Api } from './api.js';
import { Tokens, type TokensOptions } from './tokens.js';
import { Transport, type TransportOptions } from './transport.js';

/** Puts the parts of a client's HTTP side together. @param tokens of another client, to share them */
export function connect(options: TransportOptions, signIn: TokensOptions | Tokens): Api {
  const tokens: Tokens =
    signIn instanceof Tokens
      ? signIn
      : new Tokens(signIn, async (refreshToken, bearer) => {
          const auth: AuthResource = new AuthResource(api);
          if (refreshToken === undefined)
            return auth.refresh({}, { headers: { authorization: `Bearer ${bearer}` } });
          // a second use of a refresh token revokes the login, so it is sent once
          return auth.refresh({ refreshToken }, { maxRetries: 0 });
        });
  const api: Api = new Api(new Transport(options, tokens));
  return api;
}
