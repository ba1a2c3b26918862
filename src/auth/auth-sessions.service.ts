import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { PageWindow, type Page } from '../http/pagination.js';
import { may, type Actor } from '../common/permissions.js';
import { Bus } from '../infra/bus.js';
import { countRows, Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { IdentityLookups } from '../infra/identity-lookups.js';
import { RowCache } from '../infra/row-cache.js';
import type { User } from '../users/user.entity.js';
import type { AuthSession } from './auth-session.entity.js';
import { endSessions, living, openSession, sessionOf } from './auth-sessions.queries.js';
import { toAuthSession, type AuthSessionListQuery, type AuthSessionView } from './auth-sessions.schema.js';

type KnownSession = Pick<AuthSession, 'id' | 'user_id' | 'revoked_at' | 'last_used_at'>;

const selectKnown = 'SELECT id, user_id, revoked_at, last_used_at FROM auth_sessions';

/** The shortest time between two updates of `last_used_at`. */
const useSeconds = 60;

/** The action of the activity entry about ended sessions. */
type Ending = 'logout' | 'auth_sessions_ended' | 'refresh_token_reused';

/** Opens, checks, lists and ends the sign-in sessions of users. */
@Injectable()
export class AuthSessionsService implements OnModuleInit {
  private readonly known: RowCache<KnownSession>;

  constructor(
    private readonly database: Database,
    private readonly lookups: IdentityLookups,
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
    bus: Bus,
  ) {
    this.known = new RowCache(bus);
  }

  onModuleInit(): void {
    this.events.on('user.changed', ({ user_id }) => this.forget(user_id));
  }

  /** Checks that the session of an access token is open; the caller checks its epoch against the user. @throws AUTH_TOKEN_INVALID */
  async require(id: string, userId: string): Promise<void> {
    const session = await this.known.get(id, () => this.lookups.take(userId, () => this.load(id)));
    if (!session || session.user_id !== userId || session.revoked_at !== null)
      throw new AppError('AUTH_TOKEN_INVALID');
  }

  /** Looks up many at once, for who is about to `require` each. A use is not noted: nobody has asked for anything. */
  async prefetch(ids: Iterable<string>): Promise<void> {
    await this.known.prefetch(ids, async (unknown) => {
      const rows = await this.database.query<KnownSession>(`${selectKnown} WHERE id = ANY($1)`, [unknown]);
      return new Map(rows.map((row) => [row.id, row]));
    });
  }

  /** Lists the actor's open sessions, or another user's for an administrator. @throws AUTH_INSUFFICIENT_PERMISSIONS */
  async list(actor: Actor, query: AuthSessionListQuery, url: string): Promise<Page<AuthSessionView>> {
    const window = new PageWindow(query, url, [['s.id', 'id']]);
    const userId = userOf(actor, query.user_id);
    const values: unknown[] = [userId];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const from = `FROM auth_sessions s JOIN users u ON u.id = s.user_id WHERE s.user_id = $1 AND ${living}`;
    const total = window.total ?? (await countRows(this.database, from, [userId]));
    const rows = await this.database.query<AuthSession>(
      `SELECT s.* ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, (row) => toAuthSession(row, actor.signIn?.sessionId));
  }

  /** Ends a session. Its next requests are refused, and its sockets and streams are closed. @throws RESOURCE_NOT_FOUND */
  async end(actor: Actor, id: string): Promise<{ message: string }> {
    const [session] = await this.database.query<{ user_id: string }>(
      'SELECT user_id FROM auth_sessions WHERE id = $1 AND (user_id = $2 OR $3)',
      [id, actor.id, may(actor, 'admin')],
    );
    const ended = session
      ? await this.endAll(actor, session.user_id, 'auth_sessions_ended', { only: id })
      : 0;
    if (ended === 0) throw new AppError('RESOURCE_NOT_FOUND', { session_id: id });
    return { message: 'Session ended' };
  }

  /**
   * Ends the actor's other sessions, or all of another user's for an administrator.
   * @throws AUTH_INSUFFICIENT_PERMISSIONS
   */
  async endOthers(actor: Actor, wanted: string | undefined): Promise<{ message: string; ended: number }> {
    const userId = userOf(actor, wanted);
    const except = actor.signIn?.sessionId ?? null;
    const ended = await this.endAll(actor, userId, 'auth_sessions_ended', { except });
    return { message: 'Sessions ended', ended };
  }

  /** Ends the session of a refresh token. @returns whether the token is known */
  async logOutByRefreshToken(refreshToken: string): Promise<boolean> {
    const session = await sessionOf(this.database, refreshToken);
    if (session) await this.logOut(session.user_id, session.id);
    return session !== undefined;
  }

  /** Ends a session on behalf of its user. Does nothing when it has ended already. */
  async logOut(userId: string, id: string): Promise<void> {
    await this.endAll({ id: userId }, userId, 'logout', { only: id });
  }

  /**
   * Ends the session of a refresh token that is used a second time. The token was stolen, and either the first or the second client is
   * the thief (RFC 9700 §4.14.2).
   * @returns whether the token was used before and its session was still open
   */
  async endReused(refreshToken: string): Promise<boolean> {
    const session = await sessionOf(this.database, refreshToken);
    if (!session?.isUsed) return false;
    const { id, user_id } = session;
    return (await this.endAll(null, user_id, 'refresh_token_reused', { only: id })) > 0;
  }

  /**
   * Opens a session of a user whose password has just been checked.
   * @returns undefined when the user was disabled or has changed the password meanwhile
   */
  async open(user: User, from: Parameters<typeof openSession>[2], seconds: number) {
    const opened = await openSession(this.database, user, from, seconds);
    if (!opened) return undefined;
    const entry = { actor: user, entityType: 'user', entityId: user.id, action: 'login' } as const;
    this.activity.announce(opened.recorded, entry);
    if (opened.ended > 0) {
      this.forget(user.id);
      this.events.emit('user.changed', { user_id: user.id });
    }
    return opened;
  }

  private async endAll(
    actor: Pick<Actor, 'id' | 'sessionId' | 'requestId'> | null,
    userId: string,
    action: Ending,
    which: { only?: string; except?: string | null },
  ): Promise<number> {
    const ended = await this.database.transaction(async (tx) => {
      const ids = await endSessions(tx, userId, which);
      if (ids.length === 0) return 0;
      const oldValue = { auth_session_ids: ids.slice(0, 100), count: ids.length };
      this.activity.record(tx, { actor, entityType: 'user', entityId: userId, action, oldValue });
      // caches, sockets and streams of the user check its state again, in every process
      this.events.emitAfter(tx, 'user.changed', { user_id: userId });
      return ids.length;
    });
    this.forget(userId);
    return ended;
  }

  private async load(id: string): Promise<KnownSession | undefined> {
    const [session] = await this.database.query<KnownSession>(`${selectKnown} WHERE id = $1`, [id]);
    if (session) this.noteUse(session);
    return session;
  }

  /** Updates `last_used_at` in the background. An error is only logged, since nothing depends on it. */
  private noteUse({ id, last_used_at: last }: KnownSession): void {
    if (Date.now() - last.getTime() < useSeconds * 1000) return;
    this.database
      .query(
        `UPDATE auth_sessions SET last_used_at = now()
          WHERE id = $1 AND last_used_at < now() - make_interval(secs => $2)`,
        [id, useSeconds],
      )
      .catch((error: unknown) => {
        this.infrastructure.logger.debug({ err: error }, 'the use of a session could not be recorded');
      });
  }

  private forget(userId: string): void {
    this.known.forget(({ user_id }) => user_id === userId);
  }
}

function userOf(actor: Actor, wanted: string | undefined): string {
  if (wanted === undefined || wanted === actor.id) return actor.id;
  if (!may(actor, 'admin'))
    throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: 'admin', field: 'user_id' });
  return wanted;
}
