import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { hasEnded, may } from '../common/permissions.js';
import { checkScopes } from '../common/scopes.js';
import { ClientLimits } from './client-limits.js';
import type { Connection } from './connection.js';
import { closeCodes } from './limits.js';
import { MESSAGE_RULES, type MessageRules, type RawMessage } from './message-access.js';

/** Authorizes every message of the gateway. A method without `@MessageAccess` is refused to everybody. */
@Injectable()
export class MessageGuard implements CanActivate {
  constructor(private readonly limits: ClientLimits) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rules = Reflect.getMetadata(MESSAGE_RULES, context.getHandler()) as MessageRules | undefined;
    if (rules === undefined) throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS');
    const ws = context.switchToWs();
    const connection = ws.getClient<Connection>();
    const actor = connection.identity;
    if (rules.access === 'public') {
      if (actor && rules.counts) await this.limits.countMessage(actor, rules.counts);
      return true;
    }
    if (!actor) throw new AppError('AUTH_TOKEN_MISSING', {}, signInFirst);
    // The message may have waited, and the timer that closes the connection at the token's expiry may be late.
    if (hasEnded(actor)) {
      const error = new AppError('AUTH_TOKEN_EXPIRED');
      connection.refuse(closeCodes.expired, error);
      throw error;
    }
    checkScopes(actor, rules.scopes?.(ws.getData<RawMessage>()) ?? []);
    if (!may(actor, rules.access))
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: rules.access });
    if (rules.counts) await this.limits.countMessage(actor, rules.counts);
    return true;
  }
}

export const signInFirst = { message: 'Send {"type": "authenticate", "token": "…"} first' };
