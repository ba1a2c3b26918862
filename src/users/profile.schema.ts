import { z } from 'zod';
import { durationSchema } from '../common/duration.js';
import { preferencesSchema } from './preferences.schema.js';
import { updateUserSchema, userSchema } from './users.schema.js';

const count = z.int().min(0);

export const profileSchema = userSchema
  .omit({ disabled: true })
  .extend({
    preferences: preferencesSchema,
    statistics: z.object({
      tasks_created: count.meta({ description: 'Tasks you made, deleted ones too' }),
      tasks_completed: count.meta({
        description: 'Completed tasks assigned to you, or made by you and assigned to nobody',
      }),
      projects_created: count.meta({ description: 'Projects you made, deleted ones too' }),
      total_login_time: durationSchema.meta({
        description:
          'Time during which at least one work session of yours was in use: from its creation to its last access, overlaps counted once',
      }),
    }),
  })
  .meta({ id: 'Profile' });
export type Profile = z.output<typeof profileSchema>;

export const updateProfileSchema = updateUserSchema
  .pick({ full_name: true, email: true, avatar_url: true, version: true })
  .meta({ id: 'UpdateProfile', examples: [{ full_name: 'John Doe', email: 'john@example.com' }] });
export type UpdateProfile = z.output<typeof updateProfileSchema>;
