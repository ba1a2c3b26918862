import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Actor, Scope } from '../common/permissions.js';
import { beyondRole } from '../common/scopes.js';
import { PageWindow, type Page, type PageQuery } from '../http/pagination.js';
import { countRows, Database, type Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import type { Credential } from './credential.entity.js';
import { toCredential, type CredentialView } from './credentials.schema.js';
import { hashOfToken, hintOf, makeToken, type TokenKind } from './token-format.js';

/** The most tokens or keys of a user. Those that expired in the last day count, too, so that short-lived ones cannot pile up. */
const mostOfUser = 50;

/** What a new token or key is to be. */
export interface NewCredential {
  kind: TokenKind;
  /** On whose behalf its requests are made. */
  userId: string;
  /** The project that it is bound to. */
  projectId?: string;
  label: string;
  scopes: Scope[];
  expires_at: Date | null;
}

/** Stores, lists and revokes tokens and keys; who may do that is the caller's to check. */
@Injectable()
export class Credentials {
  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  /**
   * Creates a token or a key. The row of its user must be locked, so that the limit is exact.
   * @returns it with the secret, which is not stored
   * @throws RESOURCE_LIMIT_EXCEEDED with 50 of the user
   */
  async create(
    tx: Transaction,
    actor: Actor,
    { kind, userId, projectId, label, scopes, expires_at }: NewCredential,
  ): Promise<CredentialView & { token: string }> {
    const count = await countRows(
      tx,
      `FROM credentials WHERE user_id = $1 AND (expires_at IS NULL OR expires_at > now() - interval '1 day')`,
      [userId],
    );
    if (count >= mostOfUser) throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: mostOfUser });
    const token = makeToken(kind);
    const [stored] = await tx.query<Credential>(
      `INSERT INTO credentials (id, user_id, created_by, project_id, label, scopes, token_hash, hint, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *`,
      [
        newId(),
        userId,
        kind === 'key' ? actor.id : null,
        projectId ?? null,
        label,
        scopes,
        hashOfToken(token),
        hintOf(token),
        expires_at,
      ],
    );
    const view = toCredential(stored!);
    const newValue = { label, scopes, expires_at: view.expires_at };
    this.record(tx, actor, view, { action: 'created', newValue });
    return { ...view, token };
  }

  /** Lists a page of the tokens or keys of a user, or of the keys that are bound to a project, the latest first. */
  async list(
    of: { userId: string } | { projectId: string },
    query: PageQuery,
    url: string,
  ): Promise<Page<CredentialView>> {
    const window = new PageWindow(query, url, [['id', 'id']]);
    const [column, id] = 'userId' in of ? ['user_id', of.userId] : ['project_id', of.projectId];
    const values: unknown[] = [id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const from = `FROM credentials WHERE ${column} = $1`;
    const total = window.total ?? (await countRows(this.database, from, [id]));
    const rows = await this.database.query<Credential>(
      `SELECT * ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, toCredential);
  }

  /** Revokes a token or key and closes its connections: in this process at once, in others when the event arrives. @throws RESOURCE_NOT_FOUND */
  async revoke(tx: Transaction, actor: Actor, { id, user_id, label, scopes }: CredentialView): Promise<void> {
    const gone = await tx.query('DELETE FROM credentials WHERE id = $1 AND user_id = $2 RETURNING id', [
      id,
      user_id,
    ]);
    if (gone.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { token_id: id });
    this.record(tx, actor, { id, user_id }, { action: 'revoked', oldValue: { label, scopes } });
    this.events.emitAfter(tx, 'user.changed', { user_id });
  }

  private record(
    tx: Transaction,
    actor: Actor,
    { id, user_id }: Pick<CredentialView, 'id' | 'user_id'>,
    entry: { action: string; oldValue?: object; newValue?: object },
  ): void {
    const whose = user_id === actor.id ? {} : { user_id };
    this.activity.record(tx, {
      actor,
      entityType: 'token',
      entityId: id,
      action: entry.action,
      ...(entry.oldValue ? { oldValue: { ...entry.oldValue, ...whose } } : {}),
      ...(entry.newValue ? { newValue: { ...entry.newValue, ...whose } } : {}),
    });
  }
}

/** Refuses scopes beyond those of the actor's role or token. @throws AUTH_INSUFFICIENT_PERMISSIONS */
export function refuseEscalation(actor: Actor, scopes: readonly Scope[]): void {
  const { token } = actor;
  const beyond = token ? scopes.filter((scope) => !token.scopes.includes(scope)) : beyondRole(actor, scopes);
  if (beyond.length > 0)
    throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { field: 'scopes', scopes: beyond });
}

/** Refuses a token that would outlive the one that creates it. @throws AUTH_INSUFFICIENT_PERMISSIONS */
export function refuseOutliving({ token }: Actor, expiresAt: Date | null): void {
  const end = token?.expiresAt;
  if (end && (expiresAt === null || expiresAt > end)) {
    throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { field: 'expires_at', latest: end.toISOString() });
  }
}
