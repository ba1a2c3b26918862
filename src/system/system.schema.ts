import { z } from 'zod';
import { durationSchema, parseDuration } from '../common/duration.js';
import { instant, sentInstant } from '../common/fields.js';

export const systemInfoSchema = z
  .object({
    version: z.string(),
    environment: z.string(),
    features: z.object({
      websocket_enabled: z.boolean(),
      redis_enabled: z.boolean(),
      monitoring_enabled: z.boolean(),
    }),
    limits: z.object({
      max_tasks_per_project: z.int().meta({ description: 'The default, which a project can change' }),
      max_concurrent_tasks: z.int().meta({ description: 'The default for a project, which it can change' }),
      max_file_size: z.string().meta({ description: 'The maximum size of a request body' }),
    }),
  })
  .meta({ id: 'SystemInfo' });

export const announceMaintenanceSchema = z
  .object({
    starts_at: sentInstant.optional().meta({ description: 'Immediately when absent' }),
    duration: durationSchema
      .transform((text) => parseDuration(text) ?? 0)
      .pipe(
        z
          .int()
          .min(1)
          .max(7 * 86_400),
      ),
    message: z.string().min(1).max(1000).default('Scheduled maintenance'),
  })
  .meta({
    id: 'AnnounceMaintenance',
    examples: [{ starts_at: '2026-07-30T14:00:00.000Z', duration: '00:30:00', message: 'Upgrade' }],
  });
export type AnnounceMaintenance = z.output<typeof announceMaintenanceSchema>;

export const maintenanceSchema = z
  .object({
    status: z.enum(['none', 'scheduled', 'active']),
    starts_at: instant.nullable(),
    ends_at: instant.nullable(),
    message: z.string().nullable(),
  })
  .meta({ id: 'Maintenance' });
export type MaintenanceView = z.output<typeof maintenanceSchema>;
