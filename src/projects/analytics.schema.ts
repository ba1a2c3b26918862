import { z } from 'zod';
import { durationSchema } from '../common/duration.js';
import { id } from '../common/fields.js';
import { querySchema } from '../http/query.js';

/** The number of UTC days of each period; the last one is today. */
export const daysOf = { '7d': 7, '30d': 30, '90d': 90, '1y': 365 } as const;
export type Period = keyof typeof daysOf;

export const analyticsQuery = querySchema({
  period: z
    .enum(Object.keys(daysOf) as [Period, ...Period[]])
    .default('30d')
    .meta({ description: 'The number of UTC days, including today; a year has 365' }),
});

const count = z.int().min(0);
const rate = z.number().min(0).max(1);
const about = <S extends z.ZodType>(schema: S, description: string) => schema.meta({ description });
const duration = durationSchema.nullable();

export const analyticsSchema = z
  .object({
    project_id: id,
    period: analyticsQuery.shape.period.removeDefault(),
    summary: z.object({
      total_tasks: about(
        count,
        'Tasks that were created, or ended (completed, failed or cancelled), in the period; deleted ones never count',
      ),
      completed_tasks: about(count, 'The completed ones among these tasks'),
      average_completion_time: about(
        duration,
        'Mean time from creation to completion of the completed tasks; null without any',
      ),
      productivity_score: about(
        rate.nullable(),
        'Completed ÷ (completed + failed + cancelled) tasks of the period; null when none ended',
      ),
    }),
    task_trends: about(
      z.object({ created_per_day: z.array(count), completed_per_day: z.array(count) }),
      'One entry for each UTC day of the period, the oldest first; completed by the time of completion',
    ),
    performance_metrics: z.object({
      average_task_duration: about(
        duration,
        'Mean actual_duration (from start to end) of the completed tasks that have one',
      ),
      median_task_duration: about(
        duration,
        'The median of actual_duration of the same tasks, off by 2 % at most, since it is read from a histogram',
      ),
      completion_rate: about(rate, 'completed_tasks ÷ total_tasks; 0 without tasks'),
      on_time_completion_rate: about(
        rate.nullable(),
        'Completed tasks whose actual_duration is at most their estimated_duration ÷ completed tasks that have both; null without any',
      ),
    }),
    team_performance: about(
      z.array(
        z.object({
          user_id: id,
          user_name: z.string(),
          tasks_completed: count,
          average_duration: about(duration, 'The mean actual_duration of the completed tasks'),
          completion_rate: about(rate, 'Completed tasks ÷ all tasks of the user in the period'),
        }),
      ),
      'A task counts for its assignee, or else for its creator; ordered by completed tasks, at most 100 users',
    ),
  })
  .meta({ id: 'ProjectAnalytics' });
export type ProjectAnalytics = z.output<typeof analyticsSchema>;
