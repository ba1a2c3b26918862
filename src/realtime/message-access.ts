import { SetMetadata } from '@nestjs/common';
import type { Permission, Scope } from '../common/permissions.js';
import { scopesOf } from '../common/scopes.js';
import { channels, roomOfChannel, type Channel } from './subscription.js';

/** A message as it came, before it is validated. */
export type RawMessage = Readonly<Record<string, unknown>>;

export interface MessageRules {
  /** What the user's role must allow; `public` needs no sign-in. */
  access: Permission | 'public';
  /** The scopes of which a personal access token needs one. */
  scopes?: (message: RawMessage) => readonly Scope[];
  /** Which rate limit of the user the message counts for, beside that of its connection. */
  counts?: 'request' | 'subscription';
}

export const MESSAGE_RULES = 'message rules';

/** Declares who may send the message that a gateway's method handles. `MessageGuard` refuses messages without a declaration. */
export const MessageAccess = (rules: MessageRules): MethodDecorator => SetMetadata(MESSAGE_RULES, rules);

/** Subscribing to a channel takes the scope of reading what it is about. A channel that does not exist is left to validation. */
export function scopesOfChannel({ channel }: RawMessage): readonly Scope[] {
  const isKnown = (channels as readonly unknown[]).includes(channel);
  return isKnown ? scopesOf(roomOfChannel[channel as Channel], 'read') : [];
}
