import { AppError } from '../common/errors.js';
import { lowerRole, type Actor, type Permission, type Role } from '../common/permissions.js';
import { requirePermission } from '../common/require-permission.js';
import type { Transaction } from '../infra/database.js';

/**
 * Verifies that the sign-in or token of an actor is still valid, and locks the account so that it stays so until the transaction ends.
 * A request is authenticated before its work begins, and may wait before it writes; a write that grants access (passwords, tokens,
 * accounts, roles, memberships, webhooks) must not be done for a sign-in or a role that has ended meanwhile. A caller that updates the
 * actor's own row must lock it before.
 * @param required the permission that the actor's present role must have
 * @returns the actor with the present role of the account, for a token no more than its scopes need
 * @throws AUTH_TOKEN_INVALID, AUTH_INSUFFICIENT_PERMISSIONS
 */
export async function confirmActor(
  tx: Transaction,
  actor: Actor,
  required: Permission = 'read',
): Promise<Actor> {
  const { id, signIn, token } = actor;
  const isOpen = signIn
    ? 'u.token_epoch = $3 AND EXISTS (SELECT 1 FROM auth_sessions s WHERE s.id = $2 AND s.revoked_at IS NULL)'
    : 'EXISTS (SELECT 1 FROM credentials t WHERE t.id = $2)';
  const [account] = await tx.query<{ role: Role }>(
    `SELECT u.role FROM users u WHERE u.id = $1 AND NOT u.disabled AND ${isOpen} FOR SHARE OF u`,
    signIn ? [id, signIn.sessionId, signIn.epoch] : [id, token?.id],
  );
  if (!account) throw new AppError('AUTH_TOKEN_INVALID');
  const confirmed = { ...actor, role: lowerRole(actor.role, account.role) };
  requirePermission(confirmed, required);
  return confirmed;
}

/** Lets all claims of a user lapse, who can do nothing any more: in one project or everywhere. */
export async function endClaims(
  tx: Transaction,
  userId: string,
  projectId: string | null = null,
): Promise<void> {
  await tx.query(
    `UPDATE claims c SET expires_at = now() FROM tasks t
      WHERE c.user_id = $1 AND c.expires_at > now() AND t.id = c.task_id AND ($2::uuid IS NULL OR t.project_id = $2)`,
    [userId, projectId],
  );
}
