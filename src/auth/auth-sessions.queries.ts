import { createHash, randomBytes } from 'node:crypto';
import { recording, signature, type RecordedActivity } from '../activity/activity-log.js';
import { newId } from '../common/ids.js';
import type { Database, Queryable } from '../infra/database.js';
import type { AuthSession } from './auth-session.entity.js';

/** The SQL condition for an open session `s` of a user `u`. */
export const living = 's.revoked_at IS NULL AND s.expires_at > now() AND s.epoch = u.token_epoch';

/** The number of open sessions per user. A new sign-in ends those beyond it. */
const maxSessions = 100;

/** The columns of a session that tokens are made from. */
export type OpenSession = Pick<AuthSession, 'id' | 'user_id' | 'epoch' | 'created_at' | 'expires_at'>;

export type Rotated = OpenSession & { refreshToken: string };

const newToken = () => randomBytes(32).toString('base64url');
const hashOf = (token: string) => createHash('sha256').update(token).digest();

type Opened = OpenSession & Omit<RecordedActivity, 'id'> & { ended: number } & Record<string, unknown>;

/** Serialises the sign-ins of a user: a statement does not see rows that were committed after its start. */
const lockUser = 'SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE';

/**
 * Opens a session in one statement, so that no change can come between its parts. It waits for a concurrent change of the password, and
 * returns no row after one. A session is also bound to the epoch of the password that was checked, so it is invalid after a change.
 */
const opening = `
  WITH account AS (
    UPDATE users SET last_login = now() WHERE id = $5 AND token_epoch = $6 AND NOT disabled RETURNING id, token_epoch
  ), session AS (
    INSERT INTO auth_sessions (id, user_id, epoch, address, network, user_agent, expires_at)
    SELECT $7, id, token_epoch, $8, $9, $10, now() + make_interval(secs => $11) FROM account
    RETURNING id, user_id, epoch, created_at, expires_at
  ), ended AS (
    UPDATE auth_sessions SET revoked_at = now() WHERE id IN (
      SELECT s.id FROM auth_sessions s JOIN account u ON u.id = s.user_id WHERE ${living}
       ORDER BY s.last_used_at DESC, s.id DESC OFFSET ${maxSessions - 1})
    RETURNING id
  ), token AS (
    INSERT INTO refresh_tokens (id, session_id, token_hash, expires_at)
    SELECT $12, id, $13, expires_at FROM session
  ), noted AS (
    SELECT 'user' AS entity_type, user_id AS entity_id, NULL::uuid AS project_id, 'login' AS action,
           (SELECT jsonb_build_object('auth_session_ids', (array_agg(id))[1:100], 'count', count(*)) FROM ended HAVING count(*) > 0) AS old_value,
           jsonb_build_object('auth_session_id', id) AS new_value, NULL::jsonb AS run, NULL::text[] AS events, NULL::jsonb AS data
      FROM session
  ), ${recording('noted')}
  SELECT s.*, r.at, (SELECT count(*)::int FROM pending) AS pending, (SELECT count(*)::int FROM ended) AS ended
    FROM session s CROSS JOIN recorded r`;

/**
 * Opens a session with its first refresh token, and records the sign-in. Ends the least recently used sessions beyond 100.
 * @param user the user as read when the password was checked
 * @param seconds the lifetime of the refresh token
 * @returns the session and the number of ended ones; undefined when the user was disabled or has changed the password meanwhile
 */
export async function openSession(
  db: Database,
  user: { id: string; token_epoch: number },
  from: Pick<AuthSession, 'address' | 'network' | 'user_agent'>,
  seconds: number,
): Promise<(Rotated & { recorded: RecordedActivity; ended: number }) | undefined> {
  const refreshToken = newToken();
  const signed = signature({ id: user.id });
  const values = [
    ...signed,
    user.id,
    user.token_epoch,
    newId(),
    from.address,
    from.network,
    from.user_agent,
    seconds,
    newId(),
    hashOf(refreshToken),
  ];
  // all statements are sent in one packet, so that the lock is not held during a round trip
  const { opened } = await db.transaction((tx) => ({
    opened: tx.withCommit(async () => {
      const [, rows] = await Promise.all([tx.query(lockUser, [user.id]), tx.query<Opened>(opening, values)]);
      return rows;
    }),
  }));
  const [row] = await opened;
  if (!row) return undefined;
  return { ...row, refreshToken, recorded: { id: signed[0], at: row.at, pending: row.pending } };
}

/** Exchanges a refresh token. Of two concurrent exchanges of one token exactly one returns a row. */
const rotation = `
  WITH used AS (
    UPDATE refresh_tokens t SET used_at = now()
      FROM auth_sessions s JOIN users u ON u.id = s.user_id
     WHERE t.token_hash = $1 AND t.used_at IS NULL AND t.expires_at > now()
       AND s.id = t.session_id AND ${living} AND NOT u.disabled
    RETURNING t.session_id
  ), session AS (
    UPDATE auth_sessions s SET last_used_at = now(), expires_at = now() + make_interval(secs => $2)
      FROM used WHERE s.id = used.session_id AND s.revoked_at IS NULL
    RETURNING s.id, s.user_id, s.epoch, s.created_at, s.expires_at
  ), token AS (
    INSERT INTO refresh_tokens (id, session_id, token_hash, expires_at) SELECT $3, id, $4, expires_at FROM session
  )
  SELECT * FROM session`;

/**
 * Exchanges a refresh token for the next one of its session.
 * @param seconds the lifetime of the next token
 * @returns undefined when the token is unknown, expired or used, or its session has ended
 */
export async function rotate(db: Queryable, token: string, seconds: number): Promise<Rotated | undefined> {
  const refreshToken = newToken();
  const [session] = await db.query<OpenSession>(rotation, [
    hashOf(token),
    seconds,
    newId(),
    hashOf(refreshToken),
  ]);
  return session && { ...session, refreshToken };
}

/** Finds the session of a refresh token, even if the token is expired or used. */
export async function sessionOf(
  db: Queryable,
  refreshToken: string,
): Promise<{ id: string; user_id: string; isUsed: boolean } | undefined> {
  const [row] = await db.query<{ id: string; user_id: string; isUsed: boolean }>(
    `SELECT s.id, s.user_id, t.used_at IS NOT NULL AS "isUsed"
       FROM refresh_tokens t JOIN auth_sessions s ON s.id = t.session_id WHERE t.token_hash = $1`,
    [hashOf(refreshToken)],
  );
  return row;
}

/**
 * Ends the open sessions of a user: all of them, only one, or all except one.
 * @returns the ids of the ended sessions
 */
export async function endSessions(
  db: Queryable,
  userId: string,
  { only = null, except = null }: { only?: string | null; except?: string | null } = {},
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `UPDATE auth_sessions s SET revoked_at = now() FROM users u
      WHERE s.user_id = $1 AND u.id = s.user_id AND ${living}
        AND ($2::uuid IS NULL OR s.id = $2) AND ($3::uuid IS NULL OR s.id <> $3)
     RETURNING s.id`,
    [userId, only, except],
  );
  return rows.map(({ id }) => id);
}
