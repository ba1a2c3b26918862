import { z } from 'zod';
import { id, instant, jsonObject, toInstant, versionField } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { projectIdParam } from '../projects/project-access.js';
import type { Session } from './session.entity.js';

/** The states of a session; `ended` means that it was deleted. */
export const sessionStatuses = ['active', 'expired', 'ended'] as const;

export const maxSettingsBytes = 4_096;
const settings = jsonObject(maxSettingsBytes);

export const createSessionSchema = z
  .object({ project_id: projectIdParam.nullable().default(null), settings: settings.prefault({}) })
  .meta({
    id: 'CreateSession',
    examples: [
      {
        project_id: '01a2024a-912d-72cf-a321-99955c0b2f5f',
        settings: { theme: 'dark', auto_save: true, notifications: true },
      },
    ],
  });
export type CreateSession = z.output<typeof createSessionSchema>;

export const updateSessionSchema = z
  .object({
    settings: settings.meta({ description: 'Merged into the current settings' }),
    version: versionField,
  })
  .meta({ id: 'UpdateSession', examples: [{ settings: { theme: 'light', auto_save: false } }] });
export type UpdateSession = z.output<typeof updateSessionSchema>;

export const sessionSummarySchema = z
  .object({
    session_id: id,
    project_id: id.nullable(),
    project_name: z
      .string()
      .nullable()
      .meta({ description: 'Null without a project, or when you may not see it' }),
    status: z.enum(sessionStatuses),
    created_at: instant,
    last_accessed: instant,
    expires_at: instant.meta({ description: 'When the session expires: 2 hours after the last access' }),
  })
  .meta({ id: 'SessionSummary' });
export type SessionSummary = z.output<typeof sessionSummarySchema>;

export const sessionSchema = sessionSummarySchema
  .extend({ user_id: id, settings: z.record(z.string(), z.unknown()), version: z.int() })
  .meta({ id: 'Session' });
export type SessionView = z.output<typeof sessionSchema>;

export type SessionRow = Session & {
  project_name: string | null;
  status: (typeof sessionStatuses)[number];
};

export function toSummary(row: SessionRow): SessionSummary {
  return {
    session_id: row.id,
    project_id: row.project_id,
    project_name: row.project_name,
    status: row.status,
    created_at: toInstant(row.created_at),
    last_accessed: toInstant(row.last_accessed),
    expires_at: toInstant(row.expires_at),
  };
}

export function toSession(row: SessionRow): SessionView {
  return { ...toSummary(row), user_id: row.user_id, settings: row.settings, version: row.version };
}

export const sessionListQuery = pageQuery().extend({
  status: z
    .enum(sessionStatuses)
    .optional()
    .meta({ description: 'The status; by default active and expired ones' }),
  project_id: projectIdParam.optional(),
  user_id: id.optional().meta({ description: 'The user whose sessions are listed; for administrators only' }),
});
export type SessionListQuery = z.output<typeof sessionListQuery>;

export const sessionPageSchema = pageSchema(sessionSummarySchema)
  .omit({ items: true })
  .extend({ sessions: z.array(sessionSummarySchema) })
  .meta({ id: 'SessionPage' });
export type SessionPage = z.output<typeof sessionPageSchema>;
