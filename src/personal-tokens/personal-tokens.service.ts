import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import type { Page } from '../http/pagination.js';
import { may, type Actor } from '../common/permissions.js';
import type { Credential } from '../credentials/credential.entity.js';
import { toCredential } from '../credentials/credentials.schema.js';
import { Credentials, refuseEscalation, refuseOutliving } from '../credentials/credentials.service.js';
import { Database } from '../infra/database.js';
import { confirmActor } from '../users/actor.queries.js';
import type {
  CreatePersonalToken,
  PersonalTokenListQuery,
  PersonalTokenView,
  PersonalTokenWithSecret,
} from './personal-tokens.schema.js';

@Injectable()
export class PersonalTokensService {
  constructor(
    private readonly database: Database,
    private readonly credentials: Credentials,
  ) {}

  /**
   * Creates a token for the actor. Only this response contains the secret.
   * @throws AUTH_INSUFFICIENT_PERMISSIONS for scopes beyond the actor's role, or beyond the token that makes the request;
   * RESOURCE_LIMIT_EXCEEDED with 50 tokens; AUTH_TOKEN_INVALID when the actor's sign-in has ended meanwhile
   */
  create(actor: Actor, input: CreatePersonalToken): Promise<PersonalTokenWithSecret> {
    return this.database.transaction(async (tx) => {
      // the lock serializes the creations of a user, so that the limit is exact
      await tx.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [actor.id]);
      const confirmed = await confirmActor(tx, actor);
      refuseEscalation(confirmed, input.scopes);
      refuseOutliving(confirmed, input.expires_at);
      return this.credentials.create(tx, actor, { ...input, kind: 'token', userId: actor.id });
    });
  }

  /** Lists a page of the actor's tokens, or for administrators of another user's. @throws AUTH_INSUFFICIENT_PERMISSIONS */
  list(actor: Actor, query: PersonalTokenListQuery, url: string): Promise<Page<PersonalTokenView>> {
    const userId = query.user_id ?? actor.id;
    if (userId !== actor.id && !may(actor, 'admin'))
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: 'admin', field: 'user_id' });
    return this.credentials.list({ userId }, query, url);
  }

  /** Loads a token of the actor, or for administrators of any user. @throws RESOURCE_NOT_FOUND */
  async get(actor: Actor, id: string): Promise<PersonalTokenView> {
    const [row] = await this.database.query<Credential>(
      'SELECT * FROM credentials WHERE id = $1 AND (user_id = $2 OR $3)',
      [id, actor.id, may(actor, 'admin')],
    );
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { token_id: id });
    return toCredential(row);
  }

  /** Revokes a token and closes its connections: in this process at once, in others when the event arrives. @throws RESOURCE_NOT_FOUND */
  async revoke(actor: Actor, id: string): Promise<{ message: string }> {
    const token = await this.get(actor, id);
    await this.database.transaction((tx) => this.credentials.revoke(tx, actor, token));
    return { message: 'Token revoked' };
  }
}
