import { z } from 'zod';
import { durationSchema } from '../common/duration.js';
import { instant } from '../common/fields.js';
import { querySchema } from '../http/query.js';
import { queueNames } from '../executions/executions.schema.js';

const count = z.int().min(0);
const queueName = z.enum(queueNames);

const perQueue = <S extends z.ZodType>(shape: S) =>
  z.object({ high_priority: shape, normal_priority: shape, low_priority: shape });

export const queueStatusSchema = z
  .object({
    queues: perQueue(
      z.object({
        size: count,
        processing: count,
        completed_today: count.meta({ description: 'The number since midnight UTC' }),
        paused: z.boolean(),
        pause_reason: z.string().nullable(),
      }),
    ),
    workers: z
      .object({ active: count, idle: count, total: count })
      .meta({ description: 'The slots of all worker processes; those of drained ones are not idle' }),
    performance: z.object({
      tasks_per_minute: z.number().min(0).meta({ description: 'The average of the last ten minutes' }),
      average_processing_time: durationSchema
        .nullable()
        .meta({ description: 'In the current hour and the 23 before it' }),
      success_rate: z
        .number()
        .min(0)
        .max(1)
        .nullable()
        .meta({ description: 'Completed ÷ (completed + failed) runs of the same hours' }),
    }),
  })
  .meta({ id: 'QueueStatus' });
export type QueueStatus = z.output<typeof queueStatusSchema>;

export const pauseSchema = z
  .object({ queue_name: queueName, reason: z.string().max(500).nullable().default(null) })
  .meta({ id: 'PauseQueue', examples: [{ queue_name: 'high_priority', reason: 'Maintenance window' }] });
export type Pause = z.output<typeof pauseSchema>;

export const resumeSchema = z
  .object({ queue_name: queueName })
  .meta({ id: 'ResumeQueue', examples: [{ queue_name: 'high_priority' }] });
export type Resume = z.output<typeof resumeSchema>;

export const queueChangeSchema = z
  .object({
    queue_name: queueName,
    status: z.enum(['paused', 'active']),
    reason: z.string().nullable(),
    changed_at: instant,
  })
  .meta({ id: 'QueueChange' });

export const clearSchema = z
  .object({ queue_name: queueName, confirm: z.literal(true, 'Confirm with true') })
  .meta({ id: 'ClearQueue', examples: [{ queue_name: 'low_priority', confirm: true }] });
export type Clear = z.output<typeof clearSchema>;

export const clearedSchema = z
  .object({
    queue_name: queueName,
    cleared_count: count,
    remaining: count.meta({
      description:
        'The number of tasks that were not cancelled in time; repeat the request while it is above 0',
    }),
  })
  .meta({ id: 'QueueCleared' });

export const periods = { '1h': 1, '6h': 6, '24h': 24, '7d': 168, '30d': 720 } as const;
export type MetricsPeriod = keyof typeof periods;
export const metricsQuery = querySchema({
  period: z
    .enum(Object.keys(periods) as [MetricsPeriod, ...MetricsPeriod[]])
    .default('24h')
    .meta({ description: 'The length of the period' }),
});

const percentiles = z.object({ p50: z.number().min(0).nullable(), p95: z.number().min(0).nullable() }).meta({
  description:
    'Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal',
});
const figures = {
  enqueued: count,
  completed: count,
  failed: count,
  cancelled: count,
  wait_time: percentiles,
  run_time: percentiles,
};

export const queueMetricsSchema = z
  .object({
    period: z.string(),
    from: instant,
    to: instant,
    queues: perQueue(
      z.object({ totals: z.object(figures), hours: z.array(z.object({ hour: instant, ...figures })) }),
    ),
  })
  .meta({ id: 'QueueMetrics' });
export type QueueMetrics = z.output<typeof queueMetricsSchema>;
