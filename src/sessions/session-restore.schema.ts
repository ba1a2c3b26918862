import { z } from 'zod';
import { id, instant } from '../common/fields.js';
import { sessionSchema } from './sessions.schema.js';

export const restoreSchema = z
  .object({
    restore_point: instant.meta({ description: 'A time between the creation of the session and now' }),
    include_tasks: z.boolean().default(false),
    include_settings: z.boolean().default(true),
  })
  .meta({
    id: 'RestoreSession',
    examples: [{ restore_point: '2026-07-30T13:00:00.000Z', include_tasks: true, include_settings: true }],
  });
export type Restore = z.output<typeof restoreSchema>;

const named = { task_id: id, ref: z.string() };

export const restoredTasksSchema = z
  .object({
    restored: z.array(
      z.object({
        ...named,
        fields: z.array(z.string()).meta({ description: 'The restored fields' }),
        kept: z.array(z.string()).meta({
          description:
            'What had changed, but is not restored: dependencies, a position in a queue, an assignee who is disabled or cannot see the project, the project, comments, checklist, plans and attachments',
        }),
      }),
    ),
    left: z
      .array(z.object({ ...named, reason: z.enum(['queued', 'running', 'deleted', 'access_denied']) }))
      .meta({ description: 'Tasks that the session has changed since then and that were not restored' }),
  })
  .meta({ id: 'RestoredTasks' });
export type RestoredTasks = z.output<typeof restoredTasksSchema>;

export const restoredSessionSchema = sessionSchema
  .extend({
    restore_point: instant,
    restored_at: instant,
    settings_restored: z.boolean(),
    tasks: restoredTasksSchema,
  })
  .meta({ id: 'RestoredSession' });
export type RestoredSession = z.output<typeof restoredSessionSchema>;
