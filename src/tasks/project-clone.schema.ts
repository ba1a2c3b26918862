import { z } from 'zod';
import { id } from '../common/fields.js';
import { createProjectSchema, projectSchema } from '../projects/projects.schema.js';

export const cloneProjectSchema = createProjectSchema
  .pick({ name: true, key: true })
  .extend({
    include_tasks: z.boolean().default(false).meta({
      description:
        'Whether to copy the tasks, too, as pending ones with new ids and numbers, and the schedules and triggers, switched off, without secrets and with new URLs. A token needs the scope `tasks.write`',
    }),
    include_archived: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether to copy archived tasks, too, which stay archived' }),
    include_drafts: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether to copy drafts, too: your own, or all as an owner of the project' }),
    include_settings: z.boolean().default(true).meta({
      description: 'Whether to copy settings, limits and visibility; otherwise the defaults are used',
    }),
  })
  .meta({
    id: 'CloneProject',
    examples: [{ name: 'E-commerce Platform Copy', include_tasks: false, include_settings: true }],
  });
export type CloneProject = z.output<typeof cloneProjectSchema>;

export const clonedProjectSchema = projectSchema
  .extend({ cloned_from: id, cloned_tasks: z.int().min(0) })
  .meta({ id: 'ClonedProject' });
export type ClonedProject = z.output<typeof clonedProjectSchema>;
