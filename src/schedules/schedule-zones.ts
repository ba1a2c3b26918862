import { Injectable, type OnModuleInit } from '@nestjs/common';
import { backgroundTurn } from '../common/background-turns.js';
import { Coalesced } from '../common/coalesced.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { replan } from './occurrences.queries.js';
import { ScheduleClock } from './schedule-clock.js';
import { planAfter, zoneOf } from './schedule-plan.js';
import { projectZone, type ScheduleRow } from './schedules.queries.js';

/** The schedules whose project has another time zone than the one that they are planned for. */
const outdated = `FROM schedules s JOIN projects p ON p.id = s.project_id
  WHERE s.deleted_at IS NULL AND s.enabled AND s.timezone IS NULL AND s.planned_zone <> coalesce(p.settings->>'timezone', 'UTC')`;

/**
 * Plans schedules anew when their project gets another time zone. For a message that was lost, a schedule does it when it is to fire. One
 * schedule is planned at a time, in turn with other background work, and a change that comes meanwhile is not planned for beside it: the
 * times of a project may take a second to find, and whoever edits it may change it as often as requests are accepted.
 */
@Injectable()
export class ScheduleZones implements OnModuleInit {
  private readonly changed = new Set<string>();
  private readonly work = new Coalesced(() => this.replanChanged());

  constructor(
    private readonly database: Database,
    private readonly clock: ScheduleClock,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  onModuleInit(): void {
    if (this.infrastructure.role === 'worker') return;
    this.events.on('project.changed', ({ project_id }) => {
      this.changed.add(project_id);
      this.work.request();
    });
  }

  private async replanChanged(): Promise<void> {
    const projects = [...this.changed];
    this.changed.clear();
    try {
      // every process does it, each in an order of its own, and passes over what another has planned meanwhile
      const rows = await this.database.query<{ id: string }>(
        `SELECT s.id ${outdated} AND s.project_id = ANY ($1) ORDER BY random()`,
        [projects],
      );
      for (const { id } of rows) {
        if (this.infrastructure.draining) return;
        await this.replanOne(id);
      }
    } catch (error) {
      this.infrastructure.logger.warn({ err: error }, 'schedules could not be planned for another time zone');
    }
  }

  private async replanOne(id: string): Promise<void> {
    const [schedule] = await this.database.query<ScheduleRow>(
      `SELECT s.*, ${projectZone} ${outdated} AND s.id = $1`,
      [id],
    );
    if (!schedule) return;
    await backgroundTurn();
    const plan = planAfter(schedule, zoneOf(schedule, schedule.project_zone ?? undefined), this.clock.now());
    await replan(this.database, schedule, plan);
    this.events.emit('schedule.changed', { schedule_id: id });
  }
}
