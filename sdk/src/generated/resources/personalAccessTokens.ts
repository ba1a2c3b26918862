// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  CreatePersonalAccessToken,
  Message,
  PersonalAccessToken,
  PersonalAccessTokenPage,
  PersonalAccessTokenWithSecret,
  PersonalAccessTokensListQuery,
} from '../types.js';

/** Personal access tokens with scopes, for scripts */
export class PersonalAccessTokensResource {
  constructor(protected readonly api: Api) {}

  /**
   * List your personal access tokens.
   * Lists tokens, latest first, without their secret part. Scopes, one of: `tokens.manage`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} ANSWER_TOO_LARGE
   */
  list(
    query?: PersonalAccessTokensListQuery,
    options?: RequestOptions,
  ): Listing<PersonalAccessTokenPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/personal-access-tokens', query, options }, 'items');
  }

  /**
   * Create a personal access token.
   * For scripts: it goes wherever a JWT goes and opens what its scopes say, never more than your role. The answer shows it, once. At most 50 a user. A token can make another only with the scope `tokens.manage`, and none stronger or longer-lived than itself. Scopes, one of: `tokens.manage`.
   * @throws {ApiError} RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT
   */
  create(body: CreatePersonalAccessToken, options?: RequestOptions): Promise<PersonalAccessTokenWithSecret> {
    return this.api.call({ method: 'POST', path: '/personal-access-tokens', body, options });
  }

  /**
   * Show a personal access token.
   * Returns one of your own tokens without its secret part. Scopes, one of: `tokens.manage`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(tokenId: string, options?: RequestOptions): Promise<PersonalAccessToken> {
    return this.api.call({
      method: 'GET',
      path: '/personal-access-tokens/{tokenId}',
      parameters: { tokenId },
      options,
    });
  }

  /**
   * Revoke a personal access token.
   * The token is refused from then on, and sockets that were opened with it are closed. Scopes, one of: `tokens.manage`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  revoke(tokenId: string, options?: RequestOptions): Promise<Message> {
    return this.api.call({
      method: 'DELETE',
      path: '/personal-access-tokens/{tokenId}',
      parameters: { tokenId },
      options,
    });
  }
}
