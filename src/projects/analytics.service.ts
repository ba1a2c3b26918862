import { Injectable } from '@nestjs/common';
import { formatDuration } from '../common/duration.js';
import type { Actor } from '../common/permissions.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { figuresOf } from './analytics.queries.js';
import { daysOf, type Period, type ProjectAnalytics } from './analytics.schema.js';
import { ProjectAccess } from './project-access.js';

/** Computes a ratio to four digits; null when the whole is 0. */
function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Number((part / whole).toFixed(4));
}

@Injectable()
export class AnalyticsService {
  constructor(
    private readonly heavy: HeavyWork,
    private readonly access: ProjectAccess,
  ) {}

  /**
   * Returns the figures of a project over a recent period.
   * @throws PROJECT_NOT_FOUND
   */
  async of(actor: Actor, project: string, period: Period): Promise<ProjectAnalytics> {
    const { id } = await this.access.require(actor, project, 'read');
    const { summary, team, ...trends } = await this.heavy.read(actor, (tx) =>
      figuresOf(tx, id, daysOf[period]),
    );
    return {
      project_id: id,
      period,
      summary: {
        total_tasks: summary.total,
        completed_tasks: summary.completed,
        average_completion_time: formatDuration(summary.completion_time),
        productivity_score: share(summary.completed, summary.ended),
      },
      task_trends: { created_per_day: trends.created_per_day, completed_per_day: trends.completed_per_day },
      performance_metrics: {
        average_task_duration: formatDuration(summary.average_duration),
        median_task_duration: formatDuration(summary.median_duration),
        completion_rate: share(summary.completed, summary.total) ?? 0,
        on_time_completion_rate: share(summary.on_time, summary.estimated),
      },
      team_performance: team.map((member) => ({
        user_id: member.user_id,
        user_name: member.user_name,
        tasks_completed: member.completed,
        average_duration: formatDuration(member.average_duration),
        completion_rate: share(member.completed, member.total) ?? 0,
      })),
    };
  }
}
