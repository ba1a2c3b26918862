import { AppError } from '../common/errors.js';
import { roles, type Actor, type Role } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';

/**
 * Makes sure that what an actor came with is still good, and stays so until the transaction ends. A request is let in before its
 * work begins; what hands out access (passwords, tokens, accounts) must not be done for a sign-in that has ended meanwhile.
 * Whoever changes the actor's own row locks it before.
 * @throws AUTH_TOKEN_INVALID; AUTH_INSUFFICIENT_PERMISSIONS when the actor's role is less than it was
 */
export async function confirmActor(tx: Transaction, { id, role, signIn, token }: Actor): Promise<void> {
  const isOpen = signIn
    ? 'u.token_epoch = $3 AND EXISTS (SELECT 1 FROM auth_sessions s WHERE s.id = $2 AND s.revoked_at IS NULL)'
    : 'EXISTS (SELECT 1 FROM personal_access_tokens t WHERE t.id = $2)';
  const [confirmed] = await tx.query<{ role: Role }>(
    `SELECT u.role FROM users u WHERE u.id = $1 AND NOT u.disabled AND ${isOpen} FOR SHARE OF u`,
    signIn ? [id, signIn.sessionId, signIn.epoch] : [id, token?.id],
  );
  if (!confirmed) throw new AppError('AUTH_TOKEN_INVALID');
  // that of a token can be narrower
  if (roles.indexOf(confirmed.role) < roles.indexOf(role))
    throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS');
}
