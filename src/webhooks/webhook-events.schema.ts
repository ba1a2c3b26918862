import { z } from 'zod';
import type { WebhookEvent } from '../activity/webhook-events.js';
import { durationSchema } from '../common/duration.js';
import { id, instant } from '../common/fields.js';
import { projectStatuses } from '../projects/projects.schema.js';
import { taskStatuses } from '../tasks/task.entity.js';

const task = { task_id: id, project_id: id, title: z.string(), status: z.enum(taskStatuses) };
/** The fields about an execution; absent when the status was set by hand. */
const run = {
  execution_id: id.optional(),
  attempt: z.int().min(1).optional(),
  exit_code: z.int().nullable().optional(),
  reason: z.string().nullable().optional().meta({ description: 'The reason as a code such as TASK_TIMEOUT' }),
  duration: durationSchema.nullable().optional(),
};
const created = { ...task, ref: z.string(), priority: z.int().min(1).max(10) };
const project = { project_id: id, name: z.string(), status: z.enum(projectStatuses) };

/** The `data` of the message of each event, and when the message is sent. */
const events: Record<WebhookEvent | 'ping', { summary: string; description: string; data: z.ZodType }> = {
  'task.created': {
    summary: 'A task was created',
    description: 'The task is in the backlog, also one that was a draft until then.',
    data: z.object(created),
  },
  'task.updated': {
    summary: 'A task was changed',
    description:
      'A user or an execution has changed its fields, or its status to any other than `completed` and `failed`; also sent when it was deleted or moved to another project.',
    data: z.object({
      ...task,
      ...run,
      changes: z.array(z.string()).optional().meta({ description: 'The names of the fields that changed' }),
      deleted: z.literal(true).optional(),
      ref: z.string().optional().meta({ description: 'Of a task that was moved' }),
      moved: z.literal(true).optional().meta({ description: 'Whether it has come from another project' }),
      moved_away: z.literal(true).optional().meta({ description: 'Whether it has gone to another project' }),
      restored: z
        .literal(true)
        .optional()
        .meta({ description: 'Whether the change restored an earlier state of a session' }),
    }),
  },
  'task.completed': {
    summary: 'A task was completed',
    description: 'Its command succeeded, or a user has set the status.',
    data: z.object({ ...task, ...run }),
  },
  'task.failed': {
    summary: 'A task failed',
    description: 'Its last attempt failed, or a user has set the status.',
    data: z.object({ ...task, ...run }),
  },
  'task.archived': {
    summary: 'A task was archived',
    description: 'It is in no list and does not count any more.',
    data: z.object(created),
  },
  'task.restored': {
    summary: 'An archived task was restored',
    description: 'It is in the lists as it was.',
    data: z.object(created),
  },
  'task.commented': {
    summary: 'Somebody commented on a task',
    description: 'With the text of the comment, in Markdown.',
    data: z.object({ ...task, comment_id: id, author_id: id, body: z.string() }),
  },
  'claim.lost': {
    summary: 'A claim ended without its holder',
    description: 'It has lapsed, or somebody has deleted the task or set its status.',
    data: z.object({
      task_id: id,
      project_id: id,
      ref: z.string(),
      title: z.string(),
      claim_id: id,
      user_id: id.meta({ description: 'The holder' }),
      reason: z.enum(['lapsed', 'deleted', 'status_changed']),
    }),
  },
  'project.created': {
    summary: 'A project was created',
    description: 'It is new or a copy of another project.',
    data: z.object({ ...project, created_by: id, cloned_from: id.optional() }),
  },
  'project.updated': {
    summary: 'A project was changed',
    description: 'Its name, settings, limits or status has changed.',
    data: z.object({
      ...project,
      changes: z.record(z.string(), z.unknown()).meta({ description: 'The new value of each field' }),
    }),
  },
  'system.maintenance': {
    summary: 'Maintenance was announced or ended',
    description: 'Only for webhooks without a project.',
    data: z.object({
      status: z.enum(['scheduled', 'active', 'ended']),
      starts_at: instant.nullable(),
      ends_at: instant.nullable(),
      message: z.string().nullable(),
    }),
  },
  'system.alert': {
    summary: 'Something needs an administrator',
    description:
      'A kind of alert is raised at most every five minutes; `no_matching_worker` once for each set of labels, until a worker has them.',
    data: z.object({
      kind: z.string().meta({ examples: ['worker_lost'] }),
      level: z.literal('warning'),
      message: z.string(),
      details: z.record(z.string(), z.unknown()),
    }),
  },
  'worker.lost': {
    summary: 'A worker has stopped answering',
    description:
      'Its heartbeat has stopped for the time of a lease without a clean end; what it ran ends as WORKER_LOST. Sent once, only to webhooks without a project.',
    data: z.object({
      worker_id: id,
      host: z.string(),
      labels: z.array(z.string()),
      started_at: instant,
      seen_at: instant.meta({ description: 'Its last heartbeat' }),
    }),
  },
  ping: {
    summary: 'A test message was requested',
    description: 'It is sent once, independently of the events of the webhook.',
    data: z.object({ message: z.string(), requested_by: id }),
  },
};

/** The OpenAPI descriptions of the messages of all events. */
export const webhookMessages = Object.entries(events).map(([event, { summary, description, data }]) => {
  const [kind = '', what = ''] = event.split('.').map((part) => part.charAt(0).toUpperCase() + part.slice(1));
  const schema = z
    .object({
      event: z.literal(event),
      timestamp: instant.meta({ description: 'The time of the event' }),
      data,
      webhook_id: id,
      delivery_id: id.meta({
        description:
          'The id of the message, which is the same for every attempt, so that receivers can ignore duplicates',
      }),
      sequence: z.int().min(1).meta({ description: 'Grows in the order in which the events were stored' }),
    })
    .meta({ id: `${kind}${what}Message` });
  return { event, name: `${kind}${what}`, summary, description, schema };
});
