import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import type { Queryable, Transaction } from '../infra/database.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import type { SessionRow } from './sessions.schema.js';

/** A session expires this long after its last access. */
export const lifetime = "interval '2 hours'";

/** SQL conditions for the states of the session `s`. */
export const inStatus = {
  active: 's.deleted_at IS NULL AND s.expires_at > now()',
  expired: 's.deleted_at IS NULL AND s.expires_at <= now()',
  ended: 's.deleted_at IS NOT NULL',
};

/** The columns of a session, with its state and, if the user $1 may see the project, its name; $2 is true for an administrator. */
export const sessionColumns = `s.*, CASE WHEN ${visible} THEN p.name END AS project_name,
  CASE WHEN ${inStatus.ended} THEN 'ended' WHEN ${inStatus.expired} THEN 'expired' ELSE 'active' END AS status`;

export const sessionTables = `sessions s
  LEFT JOIN projects p ON p.id = s.project_id AND p.deleted_at IS NULL ${memberJoin}`;

/**
 * Loads a session that has not been deleted.
 * @param purpose `read` is allowed to the owner and administrators; `write` only to the owner, and locks the session
 * @throws RESOURCE_NOT_FOUND when it does not exist or the actor may not see it, AUTH_INSUFFICIENT_PERMISSIONS
 */
export async function requireSession(
  db: Queryable,
  actor: Actor,
  id: string,
  purpose: 'read' | 'write',
): Promise<SessionRow> {
  const [session] = await db.query<SessionRow>(
    `SELECT ${sessionColumns} FROM ${sessionTables}
      WHERE s.id = $3 AND s.deleted_at IS NULL AND (s.user_id = $1 OR $2)
      ${purpose === 'write' ? 'FOR UPDATE OF s' : ''}`,
    [actor.id, actor.role === 'admin', id],
  );
  if (!session) throw new AppError('RESOURCE_NOT_FOUND', { session_id: id });
  if (purpose === 'write' && session.user_id !== actor.id) {
    throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { session_id: id });
  }
  return session;
}

/** Stores the settings of a locked session. This counts as an access, so it extends a session that has not expired. */
export async function writeSettings(
  tx: Transaction,
  id: string,
  settings: Record<string, unknown>,
): Promise<void> {
  await tx.query(
    `UPDATE sessions SET settings = $2, version = version + 1,
            last_accessed = CASE WHEN expires_at > now() THEN now() ELSE last_accessed END,
            expires_at = CASE WHEN expires_at > now() THEN now() + ${lifetime} ELSE expires_at END
      WHERE id = $1`,
    [id, settings],
  );
}
