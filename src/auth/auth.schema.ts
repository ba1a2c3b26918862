import { z } from 'zod';
import { userSchema } from '../users/users.schema.js';

export const loginSchema = z
  .object({
    username: z.string().min(1).max(64),
    password: z.string().min(1).max(256),
  })
  .meta({ id: 'Login', examples: [{ username: 'admin', password: 'your_password' }] });
export type Login = z.output<typeof loginSchema>;

/** A refresh token in a request body, optional where an access token is accepted instead. */
export const sentRefreshToken = z.string().min(1).max(256).optional();

export const refreshSchema = z
  .object({
    refresh_token: sentRefreshToken.meta({
      description: 'The refresh token of the login; without it, the bearer token is renewed',
    }),
  })
  .meta({ id: 'Refresh', examples: [{ refresh_token: 'the refresh token of the login' }] });
export type Refresh = z.output<typeof refreshSchema>;

const tokens = {
  access_token: z.string(),
  token_type: z.literal('bearer'),
  expires_in: z.int().meta({ description: 'Seconds until the access token expires' }),
};

export const loginResultSchema = z
  .object({ ...tokens, refresh_token: z.string(), refresh_expires_in: z.int(), user: userSchema })
  .meta({ id: 'LoginResult' });

export const refreshResultSchema = z
  .object({ ...tokens, refresh_token: z.string().optional(), refresh_expires_in: z.int().optional() })
  .meta({ id: 'RefreshResult' });

export type LoginResult = z.output<typeof loginResultSchema>;
export type RefreshResult = z.output<typeof refreshResultSchema>;
