import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { formatBytes } from '../common/bytes.js';
import { bodyLimits } from '../common/body-limits.js';
import type { Actor } from '../common/permissions.js';
import { version } from '../common/version.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { Maintenance, type MaintenanceWindow } from '../infra/maintenance.js';
import { defaultLimits } from '../projects/projects.schema.js';
import type { AnnounceMaintenance, MaintenanceView } from './system.schema.js';

/** The entity id of maintenance, which has no row with an id. */
const maintenanceEntity = '00000000-0000-8000-8000-000000000011';

@Injectable()
export class SystemService {
  constructor(
    private readonly maintenance: Maintenance,
    private readonly database: Database,
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  info() {
    const { environment, redis } = this.infrastructure;
    return {
      version,
      environment,
      features: { websocket_enabled: true, redis_enabled: redis !== undefined, monitoring_enabled: true },
      limits: {
        max_tasks_per_project: defaultLimits.max_tasks,
        max_concurrent_tasks: defaultLimits.max_concurrent_tasks,
        max_file_size: formatBytes(bodyLimits.large),
      },
    };
  }

  async current(): Promise<MaintenanceView> {
    return view(await this.maintenance.announced());
  }

  /** Announces maintenance to all WebSockets and webhooks; while it lasts, no execution starts and only administrators can make changes. */
  async announce(actor: Actor, input: AnnounceMaintenance): Promise<MaintenanceView> {
    const starts = input.starts_at === undefined ? Date.now() : Date.parse(input.starts_at);
    const window: MaintenanceWindow = {
      starts_at: new Date(starts).toISOString(),
      ends_at: new Date(starts + input.duration * 1000).toISOString(),
      message: input.message,
    };
    await this.change(actor, window, 'maintenance_announced');
    return view(window);
  }

  /** Ends or calls off the announced maintenance. */
  async end(actor: Actor): Promise<MaintenanceView> {
    if (await this.maintenance.announced()) await this.change(actor, undefined, 'maintenance_ended');
    return view(undefined);
  }

  private async change(actor: Actor, window: MaintenanceWindow | undefined, action: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.maintenance.set(tx, window);
      const { status, ...data } = view(window);
      this.activity.record(tx, {
        actor,
        entityType: 'system',
        entityId: maintenanceEntity,
        action,
        newValue: data,
        event: { name: 'system.maintenance', data: { status: window ? status : 'ended', ...data } },
      });
      this.events.emitAfter(tx, 'notification', {
        user_id: null,
        project_id: null,
        room: 'system',
        level: 'info',
        title: 'System Maintenance',
        message: window
          ? `${window.message} (${window.starts_at} to ${window.ends_at})`
          : 'The maintenance is over',
        actions: [
          { label: 'Dismiss', action: 'dismiss' },
          { label: 'View Details', action: 'view_details', url: '/api/system/maintenance' },
        ],
      });
    });
  }
}

function view(window: MaintenanceWindow | undefined): MaintenanceView {
  if (!window) return { status: 'none', starts_at: null, ends_at: null, message: null };
  return { status: Date.parse(window.starts_at) <= Date.now() ? 'active' : 'scheduled', ...window };
}
