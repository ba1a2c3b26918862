import { z } from 'zod';
import { id, listOf } from '../common/fields.js';
import type { Scope } from '../common/permissions.js';
import { credentialFields, credentialSchema } from '../credentials/credentials.schema.js';
import { pageQuery, pageSchema } from '../http/pagination.js';

/** What a key of a project can open; all of it unless fewer are asked for. */
const keyScopes = ['tasks.read', 'tasks.write', 'projects.read', 'execute'] as const satisfies Scope[];

export const createProjectKeySchema = z
  .object({
    ...credentialFields,
    scopes: listOf(z.enum(keyScopes), { least: 1, most: keyScopes.length })
      .transform((wanted) => [...new Set(wanted)])
      .prefault([...keyScopes])
      .meta({ description: 'All of these unless fewer are given' }),
  })
  .meta({ id: 'CreateProjectKey', examples: [{ label: 'The bot of the chat' }] });
export type CreateProjectKey = z.output<typeof createProjectKeySchema>;

export const projectKeySchema = credentialSchema
  .extend({ project_id: id, user_id: id.meta({ description: 'Who does what is done with the key' }) })
  .meta({ id: 'ProjectKey' });
export type ProjectKeyView = z.output<typeof projectKeySchema>;
export const projectKeyWithSecretSchema = projectKeySchema
  .extend({
    token: z.string().meta({
      description: 'The key, which is only shown in this response; it is used like a JWT',
      examples: ['mlr_key_000000000000000000000000000000002wjyrI'],
    }),
  })
  .meta({ id: 'ProjectKeyWithSecret' });
export type ProjectKeyWithSecret = z.output<typeof projectKeyWithSecretSchema>;
export const projectKeyPageSchema = pageSchema(projectKeySchema).meta({ id: 'ProjectKeyPage' });
export const projectKeyListQuery = pageQuery();
export type ProjectKeyListQuery = z.output<typeof projectKeyListQuery>;
