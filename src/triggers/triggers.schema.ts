import { recordedValues } from '../activity/recorded-values.js';
import { z } from 'zod';
import { boundedObject, id, instant, listOf, toInstant, versionField } from '../common/fields.js';
import { priorities, queueOf } from '../executions/executions.schema.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { taskIdParam } from '../tasks/task-ref.js';
import { jsonPointer } from './json-pointer.js';
import { deliveryOutcomes, type TriggerDelivery } from './trigger-delivery.entity.js';
import type { Trigger } from './trigger.entity.js';

/** The most triggers of a project. */
export const mostTriggers = 100;
const mostMatches = 20;
const mostInputs = 50;

const few = (most: number) => (value: object) =>
  Object.keys(value).length > most ? `must not have more than ${most} entries` : undefined;

const names = listOf(z.string().min(1).max(200), { least: 1, most: 50 });
const filter = z
  .strictObject({
    events: names.meta({
      description:
        'Names of events, in the header X-GitHub-Event or X-Gitlab-Event, or in the fields object_kind, type or event',
    }),
    branches: names.meta({
      description:
        'Names of branches: of a push, or of that into which a pull or merge request would be merged',
    }),
    match: boundedObject(
      z.record(jsonPointer, z.union([z.string().max(1000), z.number(), z.boolean(), z.null()])),
      few(mostMatches),
    ).meta({ description: 'Values that the message must have, by JSON pointer' }),
  })
  .partial();

/** The fields of a trigger that clients set. */
export const triggerFields = {
  name: z.string().trim().min(1).max(100),
  description: z.string().max(2000),
  enabled: z.boolean(),
  task_id: taskIdParam.meta({ description: 'The task of this project that it runs: its id or ref' }),
  priority: z.enum(priorities),
  inputs_from: boundedObject(z.record(z.string().max(64), jsonPointer), few(mostInputs)).meta({
    description: 'JSON pointers into the message, by the name of the input of the task that gets the value',
    examples: [{ commit: '/after' }],
  }),
  filter: filter.meta({
    description: 'Which messages run the task; others are answered with `skipped`',
    examples: [{ events: ['push'], branches: ['main'] }],
  }),
  secret: z
    .string()
    .min(8)
    .max(256)
    .regex(/^[^\0]*$/, 'A secret has no NUL')
    .refine(
      (secret) => !secret.startsWith('whsec_') || Buffer.from(secret.slice(6), 'base64').length >= 16,
      'Write base64 of at least 16 bytes behind whsec_',
    )
    .nullable()
    .meta({
      description:
        'The secret with which messages must be signed; null to take unsigned ones. Never shown again',
      writeOnly: true,
    }),
};

export const createTriggerSchema = z
  .object({
    name: triggerFields.name,
    description: triggerFields.description.default(''),
    enabled: triggerFields.enabled.default(true),
    task_id: triggerFields.task_id,
    priority: triggerFields.priority.default('normal'),
    inputs_from: triggerFields.inputs_from.default({}),
    filter: triggerFields.filter.default({}),
    secret: triggerFields.secret.default(null),
  })
  .meta({
    id: 'CreateTrigger',
    examples: [
      { name: 'Deploy on push', task_id: 'SHOP-42', filter: { events: ['push'], branches: ['main'] } },
    ],
  });
export type CreateTrigger = z.output<typeof createTriggerSchema>;

export const updateTriggerSchema = z
  .object(triggerFields)
  .partial()
  .extend({ version: versionField })
  .meta({ id: 'UpdateTrigger', examples: [{ enabled: false }] });
export type UpdateTrigger = z.output<typeof updateTriggerSchema>;

export const triggerSchema = z
  .object({
    id,
    project_id: id,
    name: z.string(),
    description: z.string(),
    enabled: z.boolean(),
    task_id: id,
    priority: z.enum(priorities),
    inputs_from: z.record(z.string(), z.string()),
    filter: filter.meta({ examples: [{}] }),
    has_secret: z.boolean().meta({ description: 'Whether messages must be signed' }),
    path: z
      .string()
      .nullable()
      .meta({
        description: 'The path of its URL, with its token; null for who may not run tasks in the project',
        examples: ['/api/triggers/mlr_trg_0000000000000000000000000000000000000'],
      }),
    created_by: id.meta({ description: 'In whose name it runs the task' }),
    created_at: instant,
    updated_at: instant,
    version: z.int(),
  })
  .meta({ id: 'Trigger' });
export type TriggerView = z.output<typeof triggerSchema>;

/** @param token the token of its URL; null when it is not for who asks */
export function toTrigger(row: Trigger, token: string | null): TriggerView {
  return {
    id: row.id,
    project_id: row.project_id,
    name: row.name,
    description: row.description,
    enabled: row.enabled,
    task_id: row.task_id,
    priority: priorities[row.queue] ?? 'normal',
    inputs_from: row.inputs_from,
    filter: row.filter,
    has_secret: row.sealed_secret !== null,
    path: token === null ? null : `/api/triggers/${token}`,
    created_by: row.created_by,
    created_at: toInstant(row.created_at),
    updated_at: toInstant(row.updated_at),
    version: row.version,
  };
}

/** A trigger as the activity log keeps it: without token and secret, and of long pointers the beginning. */
export function recordable(row: Trigger): Record<string, unknown> {
  const { created_at: _, updated_at: __, version: ___, path: ____, ...shown } = toTrigger(row, null);
  return recordedValues(shown);
}

/** The columns that the fields of a request are stored in, but for those of the secret. */
export function columnsOf({ priority, ...rest }: Omit<CreateTrigger, 'secret'>) {
  return { ...rest, queue: queueOf(priority) };
}

export const triggerListQuery = pageQuery();
export type TriggerListQuery = z.output<typeof triggerListQuery>;
export const triggerPageSchema = pageSchema(triggerSchema).meta({ id: 'TriggerPage' });

export const triggerDeliverySchema = z
  .object({
    id,
    trigger_id: id,
    delivery_id: z.string().nullable().meta({ description: 'The id that its sender gave it' }),
    event: z.string().nullable(),
    size: z.int().min(0).meta({ description: 'Bytes of the body' }),
    outcome: z.enum(deliveryOutcomes),
    reason: z.string().nullable().meta({ description: 'The code of the reason why nothing was run' }),
    message: z.string().nullable().meta({ description: 'The reason in words' }),
    execution_id: id.nullable(),
    received_at: instant,
  })
  .meta({ id: 'TriggerDelivery' });
export type TriggerDeliveryView = z.output<typeof triggerDeliverySchema>;
export const triggerDeliveryPageSchema = pageSchema(triggerDeliverySchema).meta({
  id: 'TriggerDeliveryPage',
});

export function toTriggerDelivery(row: TriggerDelivery): TriggerDeliveryView {
  const { project_id: _, received_at, ...rest } = row;
  return { ...rest, received_at: toInstant(received_at) };
}

/** The answer to a message. */
export const triggerAnswerSchema = z
  .object({
    status: z.enum(['fired', 'skipped']),
    delivery: id.meta({ description: 'The entry of the log of deliveries' }),
    task_id: id,
    execution_id: id.nullable(),
    reason: z.string().nullable().meta({ description: 'The code of the reason why nothing was run' }),
    message: z.string().nullable(),
  })
  .meta({ id: 'TriggerAnswer' });
export type TriggerAnswer = z.output<typeof triggerAnswerSchema>;

export const triggerToken = z
  .string()
  .min(1)
  .max(100)
  .meta({ description: 'The token of the URL', examples: ['mlr_trg_0000000000000000000000000000000000000'] });
