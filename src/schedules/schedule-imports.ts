import { Injectable } from '@nestjs/common';
import type { WriteEntry } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { checkGroupInputs } from '../executions/concurrency.js';
import { checkInputs } from '../executions/inputs/check-inputs.js';
import type { InputDeclaration } from '../executions/inputs/input-declarations.js';
import { lockCount } from '../infra/count-lock.js';
import type { Transaction } from '../infra/database.js';
import { Events } from '../infra/events.js';
import type { AccessibleProject } from '../projects/projects.queries.js';
import { ScheduleClock } from './schedule-clock.js';
import { ScheduleInputs, type Target } from './schedule-inputs.js';
import { planAfter, zoneOf } from './schedule-plan.js';
import { checkShape, recordable } from './schedule-shape.js';
import type { Schedule } from './schedule.entity.js';
import { insertSchedule, lockSchedules, updateSchedule, type SettableColumn } from './schedules.queries.js';
import { mostSchedules } from './schedules.schema.js';

/** Who changes one of these becomes the one with whose rights a schedule runs. */
const targetColumns: SettableColumn[] = ['task_id', 'template', 'inputs', 'concurrency'];

/** A schedule as an import makes or changes it. */
export interface ImportedSchedule {
  id: string;
  /** The version that it was compared with; null for a new one. */
  seen: number | null;
  fields: Pick<Schedule, SettableColumn>;
  /** The columns that change. */
  changed: SettableColumn[];
  /** The inputs that its runs take. */
  declared: readonly InputDeclaration[];
}

/** Whether a change says when or what a schedule runs: one that does is switched off until somebody has looked at it. */
export const changesRuns = (changed: readonly string[]): boolean =>
  changed.some((name) => name !== 'name' && name !== 'description');

/** No file has the values of secrets, so that none is required of it: a run without one is refused. */
const withoutSecrets = (declared: readonly InputDeclaration[]): InputDeclaration[] =>
  declared.map((input) => (input.type === 'secret' ? { ...input, required: false } : input));

const taking = ({ task_id, template }: Target, declared: readonly InputDeclaration[]) => ({
  task_id,
  template,
  inputs: withoutSecrets(declared),
});

/** Checks that the fields of an imported schedule fit together and that its runs take the inputs. @throws VALIDATION_ERROR with the field */
export function checkImported({ fields, declared }: Pick<ImportedSchedule, 'fields' | 'declared'>): void {
  checkShape(fields);
  checkGroupInputs(fields.concurrency, declared);
  // a mask stands for what is stored of a secret
  const secrets = new Set(declared.filter(({ type }) => type === 'secret').map(({ name }) => name));
  const values = Object.entries(fields.inputs).filter(([name]) => !secrets.has(name));
  checkInputs(withoutSecrets(declared), Object.fromEntries(values));
}

/** Stores the schedules of files. */
@Injectable()
export class ScheduleImports {
  constructor(
    private readonly inputs: ScheduleInputs,
    private readonly clock: ScheduleClock,
    private readonly events: Events,
  ) {}

  /**
   * Stores schedules, whose tasks must be there. New ones are switched off and run with the rights of the actor; changed ones are switched
   * off when the change says when or what they run.
   * @returns what the activity is to say
   * @throws RESOURCE_LIMIT_EXCEEDED, SECRETS_UNPROTECTED, RESOURCE_IN_USE for one that was changed since it was compared with the file
   */
  async write(
    tx: Transaction,
    actor: Actor,
    project: AccessibleProject,
    schedules: ImportedSchedule[],
  ): Promise<WriteEntry[]> {
    const entries: WriteEntry[] = [];
    const existing = schedules.filter(({ seen }) => seen !== null);
    const stored = await lockSchedules(
      tx,
      project.id,
      existing.map(({ id }) => id),
    );
    const before = new Map(stored.map((row) => [row.id, row]));
    for (const schedule of existing)
      entries.push(await this.change(tx, actor, project, schedule, before.get(schedule.id)));
    entries.push(
      ...(await this.create(
        tx,
        actor,
        project,
        schedules.filter(({ seen }) => seen === null),
      )),
    );
    for (const { id } of schedules) this.events.emitAfter(tx, 'schedule.changed', { schedule_id: id });
    return entries;
  }

  private async change(
    tx: Transaction,
    actor: Actor,
    { settings, id: projectId }: AccessibleProject,
    { id, seen, fields, changed, declared }: ImportedSchedule,
    before: Schedule | undefined,
  ): Promise<WriteEntry> {
    if (before?.version !== seen)
      throw new AppError(
        'RESOURCE_IN_USE',
        { schedule_id: id },
        { message: 'A schedule of the file was changed meanwhile: try again' },
      );
    const isRetargeted = targetColumns.some((name) => changed.includes(name));
    const next: Schedule = {
      ...before!,
      ...fields,
      ...(isRetargeted
        ? {
            ...(await this.inputs.seal(id, taking(fields, declared), fields.inputs, before)),
            created_by: actor.id,
          }
        : {}),
      ...(changesRuns(changed) ? { enabled: false } : {}),
    };
    const plan = changesRuns(changed) ? planAfter(next, zoneOf(next, settings.timezone), 0) : {};
    await updateSchedule(tx, id, { ...next, ...plan });
    const pick = (from: Schedule) =>
      Object.fromEntries([...changed, 'enabled'].map((name) => [name, from[name as 'enabled']]));
    return of(id, projectId, { action: 'updated', oldValue: pick(before!), newValue: pick(next) });
  }

  private async create(
    tx: Transaction,
    actor: Actor,
    { id: project_id, settings }: AccessibleProject,
    schedules: ImportedSchedule[],
  ): Promise<WriteEntry[]> {
    if (schedules.length === 0) return [];
    const created_at = new Date(this.clock.now());
    const rows = [];
    for (const { id, fields, declared } of schedules)
      rows.push({
        ...fields,
        ...(await this.inputs.seal(id, taking(fields, declared), fields.inputs)),
        id,
        project_id,
        enabled: false,
        created_at,
        created_by: actor.id,
        counted_from: created_at,
        disabled_at: null,
        disabled_reason: null,
        next_at: null,
        due_at: null,
        planned_zone: zoneOf(fields, settings.timezone),
      });
    // sent together, so that others who make schedules in the project wait for no round trip in between
    const [, ...stored] = await Promise.all([
      lockCount(tx, 'schedules', project_id),
      ...rows.map((row) => insertSchedule(tx, row, mostSchedules)),
    ]);
    if (stored.includes(false))
      throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: mostSchedules, resource: 'schedules' });
    return schedules.map(({ id, fields }) =>
      of(id, project_id, {
        action: 'created',
        newValue: recordable({ ...fields, enabled: false, imported: true }),
      }),
    );
  }
}

const of = (
  id: string,
  projectId: string,
  entry: Pick<WriteEntry, 'action' | 'oldValue' | 'newValue'>,
): WriteEntry => ({ entityType: 'schedule', entityId: id, projectId, ...entry });
