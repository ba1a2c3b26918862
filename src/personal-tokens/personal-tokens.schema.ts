import { z } from 'zod';
import { id } from '../common/fields.js';
import { credentialFields, credentialSchema } from '../credentials/credentials.schema.js';
import { pageQuery, pageSchema } from '../http/pagination.js';

export const createPersonalTokenSchema = z.object(credentialFields).meta({
  id: 'CreatePersonalAccessToken',
  examples: [{ label: 'Deployment on CI', scopes: ['tasks.read', 'execute'], expires_at: null }],
});
export type CreatePersonalToken = z.output<typeof createPersonalTokenSchema>;

export const personalTokenSchema = credentialSchema.meta({ id: 'PersonalAccessToken' });
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

export const personalTokenListQuery = pageQuery().extend({
  user_id: id.optional().meta({ description: 'The id of another user; for administrators only' }),
});
export type PersonalTokenListQuery = z.output<typeof personalTokenListQuery>;
export const personalTokenPageSchema = pageSchema(personalTokenSchema).meta({
  id: 'PersonalAccessTokenPage',
});
