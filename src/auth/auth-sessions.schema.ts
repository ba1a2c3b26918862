import { z } from 'zod';
import { id, instant, toInstant } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { querySchema } from '../http/query.js';
import type { AuthSession } from './auth-session.entity.js';
import { sentRefreshToken } from './auth.schema.js';

export const authSessionSchema = z
  .object({
    id,
    user_id: id,
    created_at: instant.meta({ description: 'The time of the sign-in with the password' }),
    last_used_at: instant.meta({ description: 'The time of the last request, up to about a minute late' }),
    expires_at: instant.meta({ description: 'When it expires unless its tokens are renewed' }),
    address: z
      .string()
      .nullable()
      .meta({ description: 'The address from which the user signed in', examples: ['192.0.2.7'] }),
    user_agent: z.string().nullable(),
    current: z.boolean().meta({ description: 'Whether it is the sign-in of this request' }),
  })
  .meta({ id: 'AuthSession' });
export type AuthSessionView = z.output<typeof authSessionSchema>;

/** @param current the id of the requesting session */
export function toAuthSession(session: AuthSession, current: string | undefined): AuthSessionView {
  const { id, user_id, address, user_agent } = session;
  return {
    id,
    user_id,
    created_at: toInstant(session.created_at),
    last_used_at: toInstant(session.last_used_at),
    expires_at: toInstant(session.expires_at),
    address,
    user_agent,
    current: id === current,
  };
}

const ofUser = id.optional().meta({ description: 'The id of another user; for administrators only' });

export const authSessionListQuery = pageQuery().extend({ user_id: ofUser });
export type AuthSessionListQuery = z.output<typeof authSessionListQuery>;
export const authSessionPageSchema = pageSchema(authSessionSchema).meta({ id: 'AuthSessionPage' });

export const endOthersQuery = querySchema({ user_id: ofUser });
export type EndOthersQuery = z.output<typeof endOthersQuery>;

export const endOthersResultSchema = z
  .object({
    message: z.string(),
    ended: z.int().meta({ description: 'The number of sign-ins that were ended' }),
  })
  .meta({ id: 'EndedSessions' });

export const logoutSchema = z
  .object({
    refresh_token: sentRefreshToken.meta({
      description: 'The refresh token whose session is to be ended, too',
    }),
  })
  .meta({ id: 'Logout', examples: [{ refresh_token: 'the refresh token of the login' }] });
export type Logout = z.output<typeof logoutSchema>;
