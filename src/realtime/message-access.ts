import { SetMetadata } from '@nestjs/common';
import type { Permission, Scope } from '../common/permissions.js';
import { scopesOf } from '../common/scopes.js';
import { channels, resourceOfChannel, type Channel } from './subscription.js';

/** A message as it was received, before validation. */
export type RawMessage = Readonly<Record<string, unknown>>;

export interface MessageRules {
  /** The permission that the user's role must have; `public` messages need no authentication. */
  access: Permission | 'public';
  /** The scopes, of which a personal access token needs one. */
  scopes?: (message: RawMessage) => readonly Scope[];
  /** The rate limit of the user, if the connection has one, that the message counts towards, besides that of its connection. */
  counts?: 'request' | 'subscription' | 'renewal';
}

export const MESSAGE_RULES = 'message rules';

/** Declares who may send the message that a method of the gateway handles. `MessageGuard` refuses messages without a declaration. */
export const MessageAccess = (rules: MessageRules): MethodDecorator => SetMetadata(MESSAGE_RULES, rules);

/** The scopes to read a channel's resource, of which subscribing needs one. Validation refuses a channel that does not exist. */
export function scopesOfChannel({ channel }: RawMessage): readonly Scope[] {
  const isKnown = (channels as readonly unknown[]).includes(channel);
  return isKnown ? scopesOf(resourceOfChannel[channel as Channel], 'read') : [];
}
