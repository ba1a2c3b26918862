import { Injectable } from '@nestjs/common';
import { ActivityLog, type ActivityEntry } from '../activity/activity-log.js';
import { backgroundTurn } from '../common/background-turns.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { Keyset } from '../http/keyset.js';
import { PageWindow, type Page } from '../http/pagination.js';
import { checkVersion } from '../http/request.js';
import { countRows, Database, type Transaction } from '../infra/database.js';
import { lockCount } from '../infra/count-lock.js';
import { Events } from '../infra/events.js';
import { ProjectAccess } from '../projects/project-access.js';
import { confirmActor } from '../users/actor.queries.js';
import { ScheduleClock } from './schedule-clock.js';
import { planAfter, timesOf, zoneOf } from './schedule-plan.js';
import { ScheduleTargets } from './schedule-targets.js';
import { checkShape, checkTiming, recordable } from './schedule-shape.js';
import { toOccurrence, toSchedule } from './schedule-view.js';
import type { Schedule } from './schedule.entity.js';
import type { ScheduleOccurrence } from './schedule-occurrence.entity.js';
import {
  insertSchedule,
  requireSchedule,
  scheduleColumns,
  updateSchedule,
  type ScheduleRow,
  type WrittenSchedule,
} from './schedules.queries.js';
import {
  mostSchedules,
  type CreateSchedule,
  type OccurrenceListQuery,
  type Occurrences,
  type PreviewSchedule,
  type ScheduleListQuery,
  type ScheduleView,
  type UpdateSchedule,
} from './schedules.schema.js';

@Injectable()
export class SchedulesService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectAccess,
    private readonly targets: ScheduleTargets,
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly clock: ScheduleClock,
  ) {}

  /**
   * Creates a schedule, which runs with the rights of the actor.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, TASK_NOT_FOUND, AUTH_INSUFFICIENT_PERMISSIONS for a template without the
   * scope to make tasks, VALIDATION_ERROR with the field, SECRETS_UNPROTECTED, RESOURCE_LIMIT_EXCEEDED beyond 200 of a project
   */
  async create(actor: Actor, project: string, input: CreateSchedule): Promise<ScheduleView> {
    const id = newId();
    checkShape(input);
    return this.database.transaction(async (tx) => {
      const confirmed = await confirmActor(tx, actor, 'execute');
      const { id: project_id, settings } = await this.projects.require(confirmed, project, 'execute', tx);
      const target = await this.targets.check(tx, confirmed, { id, project_id }, input);
      const created_at = new Date(this.clock.now());
      const schedule = {
        ...input,
        ...target,
        id,
        project_id,
        created_at,
        created_by: actor.id,
        counted_from: created_at,
        disabled_at: null,
        disabled_reason: null,
      };
      const plan = planAfter(schedule, zoneOf(input, settings.timezone), created_at.getTime());
      await lockCount(tx, 'schedules', project_id);
      if (!(await insertSchedule(tx, { ...schedule, ...plan }, mostSchedules)))
        throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: mostSchedules, resource: 'schedules' });
      this.record(tx, actor, schedule, { action: 'created', newValue: recordable({ ...input, ...target }) });
      return this.view(tx, id);
    });
  }

  /** Lists the schedules of a project. @throws PROJECT_NOT_FOUND, VALIDATION_INVALID_FORMAT for the cursor */
  async list(
    actor: Actor,
    project: string,
    query: ScheduleListQuery,
    url: string,
  ): Promise<Page<ScheduleView>> {
    const { id } = await this.projects.require(actor, project, 'read');
    const window = new PageWindow(query, url, [['s.id', 'id']]);
    const from =
      'FROM schedules s JOIN projects p ON p.id = s.project_id WHERE s.project_id = $1 AND s.deleted_at IS NULL';
    const values: unknown[] = [id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const total = window.total ?? (await countRows(this.database, from, [...values]));
    const rows = await this.database.query<ScheduleRow>(
      `SELECT ${scheduleColumns} ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    const now = this.clock.now();
    const views = new Map<ScheduleRow, ScheduleView>();
    for (const row of rows) {
      // the times of one may take some milliseconds to find
      await backgroundTurn();
      views.set(row, toSchedule(row, now));
    }
    return window.toPage(rows, total, (row) => views.get(row)!);
  }

  /** Returns a schedule. @throws RESOURCE_NOT_FOUND */
  async get(actor: Actor, id: string): Promise<ScheduleView> {
    return toSchedule(await requireSchedule(this.database, actor, id, 'read'), this.clock.now());
  }

  /**
   * Changes a schedule. Its next time is planned anew from now on; who changes what it runs becomes the one with whose rights it runs.
   * @throws RESOURCE_NOT_FOUND, VERSION_CONFLICT and the errors of `create`
   */
  async update(actor: Actor, id: string, input: UpdateSchedule, ifMatch?: number): Promise<ScheduleView> {
    const { version, ...changes } = input;
    return this.database.transaction(async (tx) => {
      const confirmed = await confirmActor(tx, actor, 'execute');
      const before = await requireSchedule(tx, confirmed, id, 'execute', { lock: true });
      checkVersion(before.version, version, ifMatch);
      const merged = { ...before, ...changes };
      checkShape(merged);
      const isRetargeted = ['task_id', 'template', 'inputs', 'concurrency'].some((field) => field in changes);
      const target = isRetargeted ? await this.targets.check(tx, confirmed, before, merged, before) : {};
      const now = this.clock.now();
      const isSwitchedOn = merged.enabled && !before.enabled;
      if (isSwitchedOn) this.targets.checkRight(confirmed, merged);
      const next: Schedule = {
        ...merged,
        ...target,
        ...(isRetargeted ? { created_by: actor.id } : {}),
        ...(isSwitchedOn ? { counted_from: new Date(now) } : {}),
        ...(merged.enabled ? { disabled_at: null, disabled_reason: null } : {}),
      };
      const zone = zoneOf(next, before.project_zone ?? undefined);
      // a change of its name must not pass over a time that is due at this moment
      const isReplanned = timingFields.some((field) => field in changes);
      await updateSchedule(tx, id, { ...next, ...(isReplanned ? planAfter(next, zone, now) : {}) });
      const fields = Object.keys(changes) as (keyof WrittenSchedule)[];
      const pick = (from: object) =>
        recordable(Object.fromEntries(fields.map((field) => [field, from[field as keyof typeof from]])));
      this.record(tx, actor, before, { action: 'updated', oldValue: pick(before), newValue: pick(next) });
      return this.view(tx, id);
    });
  }

  /** Deletes a schedule with its occurrences; what it has started goes on. @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED */
  async remove(actor: Actor, id: string): Promise<{ message: string; deleted_at: string }> {
    return this.database.transaction(async (tx) => {
      const schedule = await requireSchedule(tx, actor, id, 'execute');
      const [row] = await tx.query<{ deleted_at: Date }>(
        `UPDATE schedules SET deleted_at = now(), enabled = false, next_at = NULL, due_at = NULL, updated_at = now(), version = version + 1,
                template = NULL, inputs = '{}', sealed_inputs = NULL
          WHERE id = $1 RETURNING deleted_at`,
        [id],
      );
      this.record(tx, actor, schedule, { action: 'deleted', oldValue: { name: schedule.name } });
      return { message: 'Schedule deleted successfully', deleted_at: toInstant(row!.deleted_at) };
    });
  }

  /** Lists what became of the times of a schedule, the latest first. @throws RESOURCE_NOT_FOUND, VALIDATION_INVALID_FORMAT for the cursor */
  async occurrences(actor: Actor, id: string, query: OccurrenceListQuery): Promise<Occurrences> {
    await requireSchedule(this.database, actor, id, 'read');
    const { limit, cursor, status } = query;
    const keyset = new Keyset([['o.scheduled_for', 'instant']], 'desc', ['occurrences', id, status], cursor);
    const values: unknown[] = [id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const filter = status === undefined ? '' : `AND o.status = ${bind(status)}`;
    const found = await this.database.query<ScheduleOccurrence & Record<string, unknown>>(
      `SELECT o.* FROM schedule_occurrences o
        WHERE o.schedule_id = $1 ${filter} AND ${keyset.after(bind)} ${keyset.orderBy} LIMIT ${bind(limit + 1)}`,
      values,
    );
    const { rows, next_cursor } = keyset.cut(found, limit);
    return { schedule_id: id, occurrences: rows.map(toOccurrence), next_cursor };
  }

  /** Lists the next times of what would be a schedule. @throws VALIDATION_ERROR */
  async preview({ count, ...timing }: PreviewSchedule): Promise<{ times: string[] }> {
    checkTiming(timing);
    const now = this.clock.now();
    const times = timesOf({ ...timing, created_at: new Date(now) }, zoneOf(timing, undefined));
    const found: string[] = [];
    for (let at = times.next(now); at !== undefined && found.length < count; at = times.next(at)) {
      found.push(toInstant(new Date(at)));
      // to find a rare time takes some milliseconds
      await backgroundTurn();
    }
    return { times: found };
  }

  private async view(tx: Transaction, id: string): Promise<ScheduleView> {
    const [row] = await tx.query<ScheduleRow>(
      `SELECT ${scheduleColumns} FROM schedules s JOIN projects p ON p.id = s.project_id WHERE s.id = $1`,
      [id],
    );
    return toSchedule(row!, this.clock.now());
  }

  private record(
    tx: Transaction,
    actor: Actor,
    { id, project_id }: Pick<Schedule, 'id' | 'project_id'>,
    entry: Pick<ActivityEntry, 'action' | 'oldValue' | 'newValue'>,
  ): void {
    this.activity.record(tx, {
      actor,
      entityType: 'schedule',
      entityId: id,
      projectId: project_id,
      ...entry,
    });
    this.events.emitAfter(tx, 'schedule.changed', { schedule_id: id });
  }
}

/** The fields that the next time of a schedule follows from. */
const timingFields = [
  'enabled',
  'cron',
  'every',
  'timezone',
  'starts_at',
  'ends_at',
  'jitter_seconds',
] as const;
