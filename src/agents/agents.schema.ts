import { z } from 'zod';
import { id, instant, toInstant, versionField } from '../common/fields.js';
import { roles, type Role, type Scope } from '../common/permissions.js';
import { credentialFields, credentialSchema } from '../credentials/credentials.schema.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { queryFlag } from '../http/query.js';
import { usernameSchema } from '../users/users.schema.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const isId = (name: string): boolean => uuid.test(name);

/** The name of an agent in URLs. */
const slug = usernameSchema
  .refine((name) => !isId(name), 'Send a name that is no id')
  .meta({ description: 'Its name in paths and mentions', examples: ['marketing-lead'] });

/** The id or the slug of an agent. */
export const agentParam = usernameSchema.meta({ description: 'The id of an agent, or its slug' });

const shape = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .meta({ examples: ['Marketing lead'] }),
  description: z.string().max(20_000).meta({ description: 'What it is for' }),
};

export const createAgentSchema = z
  .object({
    name: shape.name,
    slug: slug.optional().meta({ description: 'Derived from the name when absent' }),
    prefix: z
      .string()
      .regex(/^[A-Z][A-Z0-9]{1,9}$/, 'Use 2 to 10 capital letters and digits, a letter first')
      .optional()
      .meta({
        description: 'The prefix of the refs of its tasks; the first three letters of the slug when absent',
        examples: ['MKT'],
      }),
    description: shape.description.default(''),
    visibility: z
      .enum(['private', 'internal'])
      .default('private')
      .meta({ description: 'Who sees its backlog: its maker and the members of its project, or everybody' }),
  })
  .meta({
    id: 'CreateAgent',
    examples: [
      { name: 'Marketing lead', slug: 'marketing-lead', prefix: 'MKT', description: 'Posts and campaigns' },
    ],
  });
export type CreateAgent = z.output<typeof createAgentSchema>;

export const updateAgentSchema = z
  .object({
    ...shape,
    disabled: z.boolean().meta({ description: 'false brings back an agent that was deleted' }),
  })
  .partial()
  .extend({ version: versionField })
  .meta({ id: 'UpdateAgent', examples: [{ description: 'Posts, campaigns and the newsletter' }] });
export type UpdateAgent = z.output<typeof updateAgentSchema>;

export const agentSchema = z
  .object({
    id,
    slug: z.string().meta({ examples: ['marketing-lead'] }),
    name: z.string(),
    description: z.string(),
    prefix: z.string().meta({ description: 'The key of its project', examples: ['MKT'] }),
    project_id: id.meta({ description: 'The project with its backlog' }),
    role: z.enum(roles),
    disabled: z.boolean(),
    created_by: id,
    created_at: instant,
    updated_at: instant,
    version: z.int(),
  })
  .meta({ id: 'Agent' });
export type AgentView = z.output<typeof agentSchema>;

/** An agent as it is stored: a user, and the project with its backlog. */
export interface AgentRow {
  id: string;
  slug: string;
  name: string;
  description: string;
  prefix: string;
  project_id: string;
  role: Role;
  disabled: boolean;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  version: number;
}

export const toAgent = ({ created_at, updated_at, ...agent }: AgentRow): AgentView => ({
  ...agent,
  created_at: toInstant(created_at),
  updated_at: toInstant(updated_at),
});

export const agentListQuery = pageQuery().extend({
  search: z.string().max(200).optional().meta({ description: 'Part of a slug, a name or a prefix' }),
  include_disabled: queryFlag.default(false).meta({ description: 'Deleted and disabled agents, too' }),
});
export type AgentListQuery = z.output<typeof agentListQuery>;
export const agentPageSchema = pageSchema(agentSchema).meta({ id: 'AgentPage' });

/** What an agent needs for its work: to read and change tasks, to see its projects and to run commands. */
const usualScopes: Scope[] = ['tasks.read', 'tasks.write', 'projects.read', 'execute'];

export const createAgentKeySchema = z
  .object({ ...credentialFields, scopes: credentialFields.scopes.prefault(usualScopes) })
  .meta({ id: 'CreateAgentKey', examples: [{ label: 'The laptop of Ada' }] });
export type CreateAgentKey = z.output<typeof createAgentKeySchema>;

export const agentKeySchema = credentialSchema.meta({ id: 'AgentKey' });
export const agentKeyWithSecretSchema = agentKeySchema
  .extend({
    token: z.string().meta({
      description: 'The key, which is only shown in this response; it is used like a JWT',
      examples: ['mlr_key_000000000000000000000000000000002wjyrI'],
    }),
  })
  .meta({ id: 'AgentKeyWithSecret' });
export const agentKeyPageSchema = pageSchema(agentKeySchema).meta({ id: 'AgentKeyPage' });
export const agentKeyListQuery = pageQuery();
export type AgentKeyListQuery = z.output<typeof agentKeyListQuery>;
