import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { PageWindow, type Page } from '../http/pagination.js';
import { may, type Actor } from '../common/permissions.js';
import { beyondRole } from '../common/scopes.js';
import { countRows, Database, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { confirmActor } from '../users/actor.queries.js';
import type { PersonalToken } from './personal-token.entity.js';
import {
  toPersonalToken,
  type CreatePersonalToken,
  type PersonalTokenListQuery,
  type PersonalTokenView,
  type PersonalTokenWithSecret,
} from './personal-tokens.schema.js';
import { hashOfToken, hintOf, makeToken } from './token-format.js';

/** The most tokens of a user. Those that expired in the last day count, too, so that short-lived ones cannot pile up. */
const mostTokens = 50;

@Injectable()
export class PersonalTokensService {
  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  /**
   * Creates a token for the actor. Only this response contains the secret.
   * @throws AUTH_INSUFFICIENT_PERMISSIONS for scopes beyond the actor's role, or beyond the token that makes the request;
   * RESOURCE_LIMIT_EXCEEDED with 50 tokens; AUTH_TOKEN_INVALID when the actor's sign-in has ended meanwhile
   */
  async create(actor: Actor, input: CreatePersonalToken): Promise<PersonalTokenWithSecret> {
    const token = makeToken();
    const { label, scopes, expires_at } = input;
    return this.database.transaction(async (tx) => {
      // the lock serializes the creations of a user, so that the limit is exact
      await tx.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [actor.id]);
      refuseEscalation(await confirmActor(tx, actor), input);
      await this.refuseTooMany(tx, actor.id);
      const [stored] = await tx.query<PersonalToken>(
        `INSERT INTO personal_access_tokens (id, user_id, label, scopes, token_hash, hint, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *`,
        [newId(), actor.id, label, scopes, hashOfToken(token), hintOf(token), expires_at],
      );
      const view = toPersonalToken(stored!);
      const newValue = { label, scopes, expires_at: view.expires_at };
      this.record(tx, actor, view, { action: 'created', newValue });
      return { ...view, token };
    });
  }

  /** Lists a page of the actor's tokens, or for administrators of another user's. @throws AUTH_INSUFFICIENT_PERMISSIONS */
  async list(actor: Actor, query: PersonalTokenListQuery, url: string): Promise<Page<PersonalTokenView>> {
    const userId = query.user_id ?? actor.id;
    if (userId !== actor.id && !may(actor, 'admin'))
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: 'admin', field: 'user_id' });
    const window = new PageWindow(query, url, [['id', 'id']]);
    const values: unknown[] = [userId];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const from = 'FROM personal_access_tokens WHERE user_id = $1';
    const total = window.total ?? (await countRows(this.database, from, [userId]));
    const rows = await this.database.query<PersonalToken>(
      `SELECT * ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, toPersonalToken);
  }

  /** Loads a token of the actor, or for administrators of any user. @throws RESOURCE_NOT_FOUND */
  async get(actor: Actor, id: string): Promise<PersonalTokenView> {
    const [row] = await this.database.query<PersonalToken>(
      'SELECT * FROM personal_access_tokens WHERE id = $1 AND (user_id = $2 OR $3)',
      [id, actor.id, may(actor, 'admin')],
    );
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { token_id: id });
    return toPersonalToken(row);
  }

  /** Revokes a token and closes its connections: in this process at once, in others when the event arrives. @throws RESOURCE_NOT_FOUND */
  async revoke(actor: Actor, id: string): Promise<{ message: string }> {
    const token = await this.get(actor, id);
    await this.database.transaction(async (tx) => {
      const gone = await tx.query('DELETE FROM personal_access_tokens WHERE id = $1 RETURNING id', [id]);
      if (gone.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { token_id: id });
      const { label, scopes } = token;
      this.record(tx, actor, token, { action: 'revoked', oldValue: { label, scopes } });
      this.events.emitAfter(tx, 'user.changed', { user_id: token.user_id });
    });
    return { message: 'Token revoked' };
  }

  private async refuseTooMany(tx: Transaction, userId: string): Promise<void> {
    const [counted] = await tx.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM personal_access_tokens
        WHERE user_id = $1 AND (expires_at IS NULL OR expires_at > now() - interval '1 day')`,
      [userId],
    );
    if ((counted?.n ?? 0) >= mostTokens) throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: mostTokens });
  }

  private record(
    tx: Transaction,
    actor: Actor,
    token: PersonalTokenView,
    entry: { action: string; oldValue?: unknown; newValue?: unknown },
  ): void {
    this.activity.record(tx, { actor, entityType: 'token', entityId: token.id, ...entry });
  }
}

/** Refuses scopes beyond those of the actor's role or token, and a token that would outlive the one that creates it. */
function refuseEscalation(actor: Actor, { scopes, expires_at }: CreatePersonalToken): void {
  const { token } = actor;
  const beyond = token ? scopes.filter((scope) => !token.scopes.includes(scope)) : beyondRole(actor, scopes);
  if (beyond.length > 0)
    throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { field: 'scopes', scopes: beyond });
  const end = token?.expiresAt;
  if (end && (expires_at === null || expires_at > end)) {
    throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { field: 'expires_at', latest: end.toISOString() });
  }
}
