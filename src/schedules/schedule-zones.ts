import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { replan } from './occurrences.queries.js';
import { ScheduleClock } from './schedule-clock.js';
import { planAfter, zoneOf } from './schedule-plan.js';
import { projectZone, type ScheduleRow } from './schedules.queries.js';

/** Plans schedules anew when their project gets another time zone. For a message that was lost, a schedule does it when it is to fire. */
@Injectable()
export class ScheduleZones implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly clock: ScheduleClock,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  onModuleInit(): void {
    if (this.infrastructure.role === 'worker') return;
    this.events.on('project.changed', ({ project_id }) => void this.replanAll(project_id));
  }

  private async replanAll(projectId: string): Promise<void> {
    try {
      const rows = await this.database.query<ScheduleRow>(
        `SELECT s.*, ${projectZone} FROM schedules s JOIN projects p ON p.id = s.project_id
          WHERE s.project_id = $1 AND s.deleted_at IS NULL AND s.enabled AND s.timezone IS NULL
            AND s.planned_zone <> coalesce(p.settings->>'timezone', 'UTC')`,
        [projectId],
      );
      for (const schedule of rows) {
        const zone = zoneOf(schedule, schedule.project_zone ?? undefined);
        await replan(this.database, schedule, planAfter(schedule, zone, this.clock.now()));
        this.events.emit('schedule.changed', { schedule_id: schedule.id });
      }
    } catch (error) {
      this.infrastructure.logger.warn({ err: error }, 'schedules could not be planned for another time zone');
    }
  }
}
