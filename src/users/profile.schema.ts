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
      tasks_created: count.meta({ description: 'The tasks that you have created, including deleted ones' }),
      tasks_completed: count.meta({
        description:
          'The completed tasks that are assigned to you, or that you have created and nobody is assigned to',
      }),
      projects_created: count.meta({
        description: 'The projects that you have created, including deleted ones',
      }),
      total_login_time: durationSchema.meta({
        description:
          'The time in which at least one of your work sessions was in use, from its creation to its last access; overlapping times count once',
      }),
    }),
  })
  .meta({ id: 'Profile' });
export type Profile = z.output<typeof profileSchema>;

export const updateProfileSchema = updateUserSchema
  .pick({ full_name: true, email: true, avatar_url: true, version: true })
  .meta({ id: 'UpdateProfile', examples: [{ full_name: 'John Doe', email: 'john@example.com' }] });
export type UpdateProfile = z.output<typeof updateProfileSchema>;
