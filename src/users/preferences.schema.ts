import { z } from 'zod';
import { instant, jsonObject, listOf, versionField } from '../common/fields.js';

const maxBytes = 16_384;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format();
    // Intl accepts offsets such as +01:00, too, which are not zones
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

const timezone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'Send a time zone of the IANA database, such as Europe/Berlin');

const language = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'Send a language tag (BCP 47), such as en or de-CH');

const notifications = z
  .object({ email: z.boolean(), push: z.boolean(), task_updates: z.boolean(), project_updates: z.boolean() })
  .catchall(z.boolean());

const dashboardLayout = z.looseObject({
  widgets: listOf(z.string().max(100), { most: 50 }),
  columns: z.int().min(1).max(12),
});

const shape = {
  theme: z.enum(['light', 'dark', 'system']),
  language: language.meta({ examples: ['en'] }),
  timezone: timezone.meta({ examples: ['America/New_York'] }),
};

export const preferencesSchema = z
  .looseObject({ ...shape, notifications, dashboard_layout: dashboardLayout })
  .meta({ id: 'Preferences' });
export type Preferences = z.output<typeof preferencesSchema>;

/** The preferences of a user who has not changed them. */
const defaults: Preferences = {
  theme: 'system',
  language: 'en',
  timezone: 'UTC',
  notifications: { email: true, push: false, task_updates: true, project_updates: true },
  dashboard_layout: { widgets: ['tasks', 'projects', 'performance'], columns: 3 },
};

export const updatePreferencesSchema = jsonObject(maxBytes)
  .pipe(
    z
      .looseObject({
        ...shape,
        notifications: notifications.partial(),
        dashboard_layout: dashboardLayout.partial(),
      })
      .partial()
      .extend({ version: versionField }),
  )
  .meta({
    id: 'UpdatePreferences',
    examples: [
      {
        theme: 'light',
        language: 'en',
        timezone: 'America/New_York',
        notifications: { email: false, task_updates: true },
      },
    ],
    description: 'Merged into the current preferences, including notifications and dashboard_layout',
  });
export type UpdatePreferences = z.output<typeof updatePreferencesSchema>;

export const preferencesResultSchema = z
  .object({ preferences: preferencesSchema, updated_at: instant })
  .meta({ id: 'PreferencesResult' });
export type PreferencesResult = z.output<typeof preferencesResultSchema>;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Merges preferences one level deep: nested objects are merged, too, while other values are replaced. */
export function mergePreferences(present: Json, changes: Json): Json {
  const merged = Object.entries(changes).map(([key, value]) => {
    const old = present[key];
    return [key, isObject(old) && isObject(value) ? { ...old, ...value } : value];
  });
  return { ...present, ...Object.fromEntries(merged) };
}

/** Completes the stored preferences with the defaults. */
export function toPreferences(stored: Json): Preferences {
  return mergePreferences(defaults, stored) as Preferences;
}

export function isTooLarge(preferences: Json): boolean {
  return JSON.stringify(preferences).length > maxBytes;
}
