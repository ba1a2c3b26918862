import { AppError } from './errors.js';
import { may, type Actor, type Permission } from './permissions.js';

/** Checks that the role of an actor has a permission. @throws AUTH_INSUFFICIENT_PERMISSIONS */
export function requirePermission(actor: Pick<Actor, 'role'>, required: Permission): void {
  if (!may(actor, required)) throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required });
}
