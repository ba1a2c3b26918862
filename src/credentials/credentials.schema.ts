import { z } from 'zod';
import { id, instant, listOf, toInstant } from '../common/fields.js';
import { scopes } from '../common/permissions.js';
import type { Credential } from './credential.entity.js';

const scope = z.enum(scopes).meta({ id: 'TokenScope', description: 'A scope of a token' });

/** The fields that a client sends for a new token or key. */
export const credentialFields = {
  label: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .meta({ description: 'The purpose of the token', examples: ['Deployment on CI'] }),
  scopes: listOf(scope, { least: 1, most: scopes.length }).transform((wanted) => [...new Set(wanted)]),
  expires_at: instant
    .transform((text) => new Date(text))
    .refine((date) => date.getTime() > Date.now(), 'Send a time in the future')
    .nullable()
    .default(null)
    .meta({ description: 'When the token expires; null for never' }),
};

/** A token or key without its secret part. */
export const credentialSchema = z.object({
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
});
export type CredentialView = z.output<typeof credentialSchema>;

/** Builds the representation of a token or key, without the secret. */
export function toCredential(credential: Credential): CredentialView {
  const { id, user_id, label, scopes, hint } = credential;
  return {
    id,
    user_id,
    label,
    scopes,
    hint,
    created_at: toInstant(credential.created_at),
    expires_at: toInstant(credential.expires_at),
    last_used_at: toInstant(credential.last_used_at),
  };
}
