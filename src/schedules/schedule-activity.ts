import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { toInstant } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import type { Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import type { Schedule } from './schedule.entity.js';

type Named = Pick<Schedule, 'id' | 'project_id' | 'name'>;

/** The run that a time has started. */
interface FiredRun {
  scheduled_for: Date;
  task_id: string;
  execution_id: string;
}

/** Records what schedules do. The entries are sent together with the commit. */
@Injectable()
export class ScheduleActivity {
  constructor(
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  /** Records a run. @param actor who has started it; null when its time had come */
  fired(tx: Transaction, actor: Actor | null, schedule: Named, run: FiredRun): void {
    this.activity.record(tx, { actor, ...firedEntry(schedule, run, actor !== null) });
  }

  /** Records that a time has started nothing. */
  skipped(tx: Transaction, schedule: Named, scheduledFor: Date, reason: string): void {
    this.activity.record(tx, { actor: null, ...skippedEntry(schedule, scheduledFor, reason) });
  }

  /**
   * Records what has become of the times of many schedules, as far as a statement before in the packet has chosen them.
   * @param decided each with the id by which it is chosen, and its run, or else the reason why it was skipped
   */
  decided(
    tx: Transaction,
    decided: readonly {
      id: string;
      schedule: Named;
      scheduledFor: Date;
      run: FiredRun | null;
      reason: string;
    }[],
  ): void {
    this.activity.recordChosen(
      tx,
      decided.map(({ id, schedule, scheduledFor, run, reason }) => ({
        partOf: id,
        actor: null,
        ...(run ? firedEntry(schedule, run, false) : skippedEntry(schedule, scheduledFor, reason)),
      })),
    );
  }

  /** Records that a time waits for a run to end. */
  waits(tx: Transaction, schedule: Named, scheduledFor: Date): void {
    const newValue = { scheduled_for: toInstant(scheduledFor) };
    this.activity.record(tx, { ...of(schedule), actor: null, action: 'waits', newValue });
  }

  /** Records which times of a downtime were missed, and how many of them are made up for. */
  missed(tx: Transaction, schedule: Named, times: readonly Date[], madeUp: number): void {
    this.activity.record(tx, {
      ...of(schedule),
      actor: null,
      action: 'missed',
      newValue: {
        from: toInstant(times[0] ?? null),
        to: toInstant(times.at(-1) ?? null),
        missed: times.length - madeUp,
        made_up: madeUp,
      },
    });
  }

  /** Records that a schedule was switched off, and notifies its maker. */
  disabled(
    tx: Transaction,
    schedule: Named & Pick<Schedule, 'created_by'>,
    reason: string,
    failures: number,
  ): void {
    this.activity.record(tx, {
      ...of(schedule),
      actor: null,
      action: 'disabled',
      oldValue: { enabled: true },
      newValue: { enabled: false, reason },
      event: {
        name: 'schedule.disabled',
        data: { ...naming(schedule), reason, consecutive_failures: failures },
      },
    });
    this.events.emitAfter(tx, 'notification', {
      user_id: schedule.created_by,
      project_id: schedule.project_id,
      room: 'schedules',
      level: 'warning',
      title: 'Schedule switched off',
      message: `The schedule "${schedule.name}" was switched off. ${reason}.`,
      actions: [
        { label: 'Dismiss', action: 'dismiss' },
        { label: 'View Details', action: 'view_details', url: `/api/schedules/${schedule.id}` },
      ],
    });
  }
}

const of = ({ id, project_id }: Named) =>
  ({ entityType: 'schedule', entityId: id, projectId: project_id }) as const;

const naming = ({ id, project_id, name }: Named) => ({ schedule_id: id, project_id, name });

function firedEntry(schedule: Named, run: FiredRun, manual: boolean) {
  const value = { ...run, scheduled_for: toInstant(run.scheduled_for), manual };
  const event = { name: 'schedule.fired', data: { ...naming(schedule), ...value } } as const;
  return { ...of(schedule), action: 'fired', newValue: value, event };
}

function skippedEntry(schedule: Named, scheduledFor: Date, reason: string) {
  const value = { scheduled_for: toInstant(scheduledFor), reason };
  const event = { name: 'schedule.skipped', data: { ...naming(schedule), ...value } } as const;
  return { ...of(schedule), action: 'skipped', newValue: value, event };
}
