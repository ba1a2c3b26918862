import { z } from 'zod';
import { webhookEvents } from '../activity/webhook-events.js';
import type { Webhook } from '../activity/webhook.entity.js';
import { id, instant, listOf, toInstant, versionField } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { projectIdParam } from '../projects/project-access.js';
import { isUsableSecret } from './webhook-secret.js';

/** The events and patterns that a webhook can subscribe to. */
export const subscriptions = [
  ...webhookEvents,
  'task.*',
  'schedule.*',
  'project.*',
  'system.*',
  '*',
] as const;

const secretSchema = z
  .string()
  .min(8)
  .max(256)
  .refine(isUsableSecret, 'After whsec_ a secret must go on in base64')
  .meta({ description: 'The secret that signs messages; generated when absent' });

const writable = {
  url: z
    .url({ protocol: /^https?$/, error: 'Send an http or https URL' })
    .max(2048)
    .meta({ examples: ['https://example.com/hooks/millrace'] }),
  events: listOf(z.enum(subscriptions), { least: 1, most: subscriptions.length })
    .transform((events) => [...new Set(events)])
    .meta({
      description:
        'Exact names of events, patterns such as `task.*`, or `*`. System events are only sent to webhooks without a project, and a webhook of a project only receives events of that project',
    }),
  description: z.string().max(2_000),
  active: z.boolean(),
};

export const createWebhookSchema = z
  .object({
    ...writable,
    project_id: projectIdParam.nullable().default(null).meta({
      description: 'The id or key of a project; null for all events, which requires an administrator',
    }),
    secret: secretSchema.optional(),
    description: writable.description.default(''),
    active: writable.active.default(true),
  })
  .meta({
    id: 'CreateWebhook',
    examples: [{ url: 'https://example.com/hooks', events: ['task.completed', 'task.failed'] }],
  });
export type CreateWebhook = z.output<typeof createWebhookSchema>;

export const updateWebhookSchema = z
  .object(writable)
  .partial()
  .extend({ version: versionField })
  .meta({ id: 'UpdateWebhook', examples: [{ events: ['task.*'], active: true }] });
export type UpdateWebhook = z.output<typeof updateWebhookSchema>;

export const rotateSecretSchema = z
  .object({ secret: secretSchema.optional() })
  .meta({ id: 'RotateWebhookSecret', examples: [{}] });

export const webhookSchema = z
  .object({
    id,
    project_id: id.nullable(),
    url: z.string(),
    events: z.array(z.string()),
    description: z.string(),
    active: z.boolean(),
    failing_since: instant.nullable().meta({
      description:
        'The first failure since the last success; after several days of failures the webhook is deactivated',
    }),
    disabled_at: instant.nullable().meta({ description: 'When Millrace deactivated it' }),
    disabled_reason: z.string().nullable(),
    created_by: id,
    created_at: instant,
    updated_at: instant,
    previous_secret_expires_at: instant
      .nullable()
      .meta({ description: 'The time until which messages are also signed with the previous secret' }),
    version: z.int(),
  })
  .meta({ id: 'Webhook' });
export type WebhookView = z.output<typeof webhookSchema>;

export const webhookWithSecretSchema = webhookSchema
  .extend({ secret: z.string().meta({ description: 'The secret, which is only shown in this response' }) })
  .meta({ id: 'WebhookWithSecret' });
export type WebhookWithSecret = z.output<typeof webhookWithSecretSchema>;

/** Converts a webhook to its view, which contains no secrets. */
export function toWebhook(webhook: Webhook): WebhookView {
  const { id, project_id, url, events, description, active, disabled_reason, created_by, version } = webhook;
  const expires = webhook.previous_secret_expires_at;
  return {
    id,
    project_id,
    url,
    events,
    description,
    active,
    failing_since: toInstant(webhook.failing_since),
    disabled_at: toInstant(webhook.disabled_at),
    disabled_reason,
    created_by,
    created_at: toInstant(webhook.created_at),
    updated_at: toInstant(webhook.updated_at),
    previous_secret_expires_at:
      expires !== null && expires.getTime() > Date.now() ? toInstant(expires) : null,
    version,
  };
}

export const webhookListQuery = pageQuery().extend({ project_id: projectIdParam.optional() });
export type WebhookListQuery = z.output<typeof webhookListQuery>;
export const webhookPageSchema = pageSchema(webhookSchema).meta({ id: 'WebhookPage' });
export const deletedWebhookSchema = z
  .object({ message: z.string(), deleted_at: instant })
  .meta({ id: 'DeletedWebhook' });
