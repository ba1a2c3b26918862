import { z } from 'zod';
import { id, instant, toInstant } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { scopes } from '../common/permissions.js';
import type { PersonalToken } from './personal-token.entity.js';

const label = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ description: 'The purpose of the token', examples: ['Deployment on CI'] });
const scope = z.enum(scopes).meta({ id: 'TokenScope', description: 'A scope of a token' });

export const createPersonalTokenSchema = z
  .object({
    label,
    scopes: z
      .array(scope)
      .min(1)
      .max(scopes.length)
      .transform((wanted) => [...new Set(wanted)]),
    expires_at: instant
      .transform((text) => new Date(text))
      .refine((date) => date.getTime() > Date.now(), 'Send a time in the future')
      .nullable()
      .default(null)
      .meta({ description: 'When the token expires; null for never' }),
  })
  .meta({
    id: 'CreatePersonalAccessToken',
    examples: [{ label: 'Deployment on CI', scopes: ['tasks.read', 'execute'], expires_at: null }],
  });
export type CreatePersonalToken = z.output<typeof createPersonalTokenSchema>;

export const personalTokenSchema = z
  .object({
    id,
    user_id: id,
    label: z.string(),
    scopes: z.array(scope),
    hint: z.string().meta({ description: 'The last characters of the token', examples: ['mlr_pat_…x7Qa'] }),
    created_at: instant,
    expires_at: instant.nullable(),
    last_used_at: instant
      .nullable()
      .meta({ description: 'The time of the last request, up to about a minute late' }),
  })
  .meta({ id: 'PersonalAccessToken' });
export type PersonalTokenView = z.output<typeof personalTokenSchema>;

export const personalTokenWithSecretSchema = personalTokenSchema
  .extend({
    token: z.string().meta({
      description: 'The token, which is only shown in this response; it is used like a JWT',
      examples: ['mlr_pat_000000000000000000000000000000002wjyrI'],
    }),
  })
  .meta({ id: 'PersonalAccessTokenWithSecret' });
export type PersonalTokenWithSecret = z.output<typeof personalTokenWithSecretSchema>;

/** Builds the representation of a token, without the secret. */
export function toPersonalToken(token: PersonalToken): PersonalTokenView {
  const { id, user_id, label, scopes, hint } = token;
  return {
    id,
    user_id,
    label,
    scopes,
    hint,
    created_at: toInstant(token.created_at),
    expires_at: toInstant(token.expires_at),
    last_used_at: toInstant(token.last_used_at),
  };
}

export const personalTokenListQuery = pageQuery().extend({
  user_id: id.optional().meta({ description: 'The id of another user; for administrators only' }),
});
export type PersonalTokenListQuery = z.output<typeof personalTokenListQuery>;
export const personalTokenPageSchema = pageSchema(personalTokenSchema).meta({
  id: 'PersonalAccessTokenPage',
});
