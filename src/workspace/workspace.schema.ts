import { z } from 'zod';
import { id, instant, jsonObject, versionField } from '../common/fields.js';

const shape = {
  name: z.string().trim().min(1).max(200),
  slug: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/, 'Use small letters, digits and hyphens between them'),
  description: z.string().max(20_000),
  settings: jsonObject(),
};

export const workspaceSchema = z
  .object({
    id,
    name: z.string(),
    slug: z.string(),
    description: z.string(),
    settings: z.record(z.string(), z.unknown()),
    created_at: instant,
    updated_at: instant,
    version: z.int(),
  })
  .meta({ id: 'Workspace' });
export type WorkspaceView = z.output<typeof workspaceSchema>;

export const workspacesSchema = z.object({ workspaces: z.array(workspaceSchema) }).meta({ id: 'Workspaces' });

export const updateWorkspaceSchema = z
  .object({ ...shape, settings: shape.settings.meta({ description: 'Merged into the current settings' }) })
  .partial()
  .extend({ version: versionField })
  .meta({ id: 'UpdateWorkspace', examples: [{ name: 'The shop', slug: 'shop' }] });
export type UpdateWorkspace = z.output<typeof updateWorkspaceSchema>;
