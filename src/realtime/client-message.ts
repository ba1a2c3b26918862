import { z } from 'zod';
import { listOf } from '../common/fields.js';
import { projectIdParam } from '../projects/project-access.js';
import { executeTaskSchema } from '../tasks/task-execution.schema.js';
import { taskIdParam } from '../tasks/task-ref.js';
import { channels } from './subscription.js';

/** An optional field; clients may also send null for it. */
const optional = <S extends z.ZodType>(schema: S) =>
  schema.nullish().transform((value) => value ?? undefined);

const topic = z.object({
  channel: z.enum(channels),
  project_id: optional(projectIdParam),
  task_id: optional(taskIdParam),
  command_id: optional(z.uuid().toLowerCase()),
});

export const metricNames = ['performance', 'queue_status', 'system_health'] as const;

/** The schemas of the messages that clients may send, by type. */
export const clientMessages = {
  authenticate: z.object({ token: z.string().min(1).max(8192) }),
  ping: z.object({ timestamp: z.union([z.number(), z.string().max(64)]).nullish() }),
  subscribe: topic.extend({ from_offset: optional(z.int().min(0)) }),
  unsubscribe: topic,
  execute_task: executeTaskSchema.extend({ task_id: taskIdParam }),
  get_metrics: z.object({ metrics: optional(listOf(z.enum(metricNames), { most: 10 })) }),
};

export type ClientMessageType = keyof typeof clientMessages;
export type ClientMessage<T extends ClientMessageType> = z.output<(typeof clientMessages)[T]>;

export const typeSchema = z.looseObject({
  type: z.enum(Object.keys(clientMessages) as [ClientMessageType, ...ClientMessageType[]]),
});
