import { AppError } from '../common/errors.js';
import { lowerRole, type Actor, type Permission, type Role } from '../common/permissions.js';
import { requirePermission } from '../common/require-permission.js';
import type { Transaction } from '../infra/database.js';

/**
 * Makes sure that what an actor came with is still good, and stays so until the transaction ends. A request is let in before its
 * work begins, and may wait before it writes; what hands out access (passwords, tokens, accounts, roles, memberships, webhooks)
 * must not be done for a sign-in or a role that has ended meanwhile. Whoever changes the actor's own row locks it before.
 * @param required what the actor's role must allow by now
 * @returns the actor with the role that the account has now, for a token no more than its scopes ask for
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
    : 'EXISTS (SELECT 1 FROM personal_access_tokens t WHERE t.id = $2)';
  const [account] = await tx.query<{ role: Role }>(
    `SELECT u.role FROM users u WHERE u.id = $1 AND NOT u.disabled AND ${isOpen} FOR SHARE OF u`,
    signIn ? [id, signIn.sessionId, signIn.epoch] : [id, token?.id],
  );
  if (!account) throw new AppError('AUTH_TOKEN_INVALID');
  const confirmed = { ...actor, role: lowerRole(actor.role, account.role) };
  requirePermission(confirmed, required);
  return confirmed;
}
