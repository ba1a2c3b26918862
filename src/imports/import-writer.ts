import { Injectable } from '@nestjs/common';
import { ActivityLog, type WriteEntry } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import type { Transaction } from '../infra/database.js';
import type { AccessibleProject } from '../projects/projects.queries.js';
import { ScheduleImports } from '../schedules/schedule-imports.js';
import { TaskArchiveService } from '../tasks/task-archive.service.js';
import { settleWaiting } from '../tasks/task-claims.queries.js';
import { refOf, takenRef } from '../tasks/task-ref.js';
import { countTasks } from '../tasks/tasks.queries.js';
import { TaskUpdateService } from '../tasks/task-update.service.js';
import { TriggerImports } from '../triggers/trigger-imports.js';
import { confirmActor } from '../users/actor.queries.js';
import { changesTask, type WholePlan } from './import-plan.js';
import { insertLabels, type Importer } from './part-writes.queries.js';
import { PartWriter } from './part-writer.js';
import { countParts } from './plan-parts.js';
import type { PlannedTask } from './plan-tasks.js';
import { changeFields, isPlain, lockExisting } from './task-changes.queries.js';
import {
  insertDependencies,
  insertTasks,
  rememberEntries,
  type InsertedTask,
} from './task-writes.queries.js';

/** With less room than this below `max_tasks`, the count is read under a lock, so that the limit is exact. */
const nearLimit = 100;

/** Carries out what was planned, within one transaction. */
@Injectable()
export class ImportWriter {
  constructor(
    private readonly parts: PartWriter,
    private readonly updates: TaskUpdateService,
    private readonly archives: TaskArchiveService,
    private readonly schedules: ScheduleImports,
    private readonly triggers: TriggerImports,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Writes everything of a plan. What nobody else can see yet comes first, changes of what is there next, and the activity last,
   * so that others wait as little as possible.
   * @param numbers the numbers of the tasks that are made
   * @throws PROJECT_LIMIT_EXCEEDED, RESOURCE_ALREADY_EXISTS for an `external_ref` that was taken meanwhile, and what the changes of tasks
   * throw, with the line
   */
  async write(
    tx: Transaction,
    importer: Importer,
    project: AccessibleProject,
    plan: WholePlan,
    numbers: Map<PlannedTask, number>,
  ): Promise<void> {
    const { actor } = importer;
    await insertLabels(tx, importer, plan.labels);
    const created = await insertTasks(tx, project.id, actor.id, plan.create, numbers).catch(
      (error: unknown) => {
        throw takenName(error, plan.create) ?? error;
      },
    );
    await insertDependencies(tx, plan.create);
    const waiting = plan.create.filter(({ dependencies = [] }) => dependencies.length > 0);
    if (waiting.length > 0)
      void tx.behindCommit(() =>
        settleWaiting(
          tx,
          waiting.map(({ id }) => id),
        ),
      );
    const ofDocuments = [...plan.documents.update, ...plan.documents.attach].map(({ id }) => id);
    await lockExisting(
      tx,
      project.id,
      [...plan.update, ...plan.gone.tasks].map(({ id }) => id),
      [...new Set(ofDocuments)],
    );
    await this.parts.write(tx, importer, project, plan);
    await rememberEntries(tx, project.id, entriesOf(plan));
    const changes = await this.changeTasks(tx, importer, project, plan);
    await refuseTooMany(tx, project, plan.create);
    const starters = await this.writeStarters(tx, importer, project, plan);
    const drafts = new Set(plan.create.filter(({ from }) => from.entry.draft).map(({ id }) => id));
    await this.activity.recordAll(tx, actor, [
      ...changes,
      ...created.map((task) => creationOf(project, task, drafts.has(task.id))),
      ...plan.update.flatMap((task) => additionsOf(project, task)),
      ...starters,
      importOf(project, plan),
    ]);
  }

  /** Stores what starts runs, last of all, since others who make schedules or triggers wait from then on. */
  private async writeStarters(
    tx: Transaction,
    { actor }: Importer,
    project: AccessibleProject,
    plan: WholePlan,
  ): Promise<WriteEntry[]> {
    const schedules = [...plan.schedules.create, ...plan.schedules.update];
    const triggers = [...plan.triggers.create, ...plan.triggers.update];
    if (schedules.length + triggers.length === 0) return [];
    // they run commands later, with the rights of who imports them
    const confirmed = await confirmActor(tx, actor, 'execute');
    return [
      ...(await this.schedules.write(tx, confirmed, project, schedules)),
      ...(await this.triggers.write(tx, confirmed, project.id, triggers)),
    ];
  }

  /**
   * Changes the tasks that are there: what depends on nothing else at once, the others one by one, each as if it were changed alone.
   * @returns the entries of those that were changed at once; the others have recorded theirs
   */
  private async changeTasks(
    tx: Transaction,
    { actor }: Importer,
    project: AccessibleProject,
    { update, gone }: WholePlan,
  ): Promise<WriteEntry[]> {
    const changed = await changeFields(tx, project.id, update.filter(isPlain));
    const byId = new Map(changed.map(({ id, updated_at }) => [id, updated_at]));
    const done = new Set(update.filter((task) => isPlain(task) && byId.has(task.id)));
    for (const task of update) {
      if (done.has(task)) continue;
      if (task.isRestored) await this.archives.restoreIn(tx, actor, task.id);
      if (!changesTask(task)) continue;
      const { fields, status, assigned_to, parent_id, dependencies } = task;
      const changes = Object.entries({ ...fields, status, assigned_to, parent_id, dependencies });
      const named = Object.fromEntries(changes.filter(([, value]) => value !== undefined));
      await this.updates.updateIn(tx, actor, task.id, named).catch((error: unknown) => {
        throw atLine(error, task.from.line);
      });
    }
    for (const { id } of gone.tasks) {
      if (gone.action === 'archive') await this.archives.archiveIn(tx, actor, id);
      else await this.updates.updateIn(tx, actor, id, { status: 'completed' });
    }
    return [...done].map((task) => changeOf(project, task, byId.get(task.id)!));
  }
}

/** The entry of a task whose fields were changed. */
function changeOf({ id: projectId }: AccessibleProject, task: PlannedTask, updatedAt: Date): WriteEntry {
  const { id, fields, before, existing } = task;
  const { title, status, is_draft, progress_percentage } = existing!;
  const own = {
    entityType: 'task',
    entityId: id,
    action: 'updated',
    oldValue: before,
    newValue: fields,
  } as const;
  if (is_draft) return own;
  const changes = Object.keys(fields);
  const data = { task_id: id, project_id: projectId, title: fields.title ?? title, status, changes };
  const progress = fields.progress_percentage ?? progress_percentage;
  const shown = { status, progress_percentage: progress, updated_at: toInstant(updatedAt) };
  return { ...own, projectId, event: { name: 'task.updated', data }, task: shown };
}

/** Names the line whose entry could not be written. */
function atLine(error: unknown, line: number): unknown {
  if (!(error instanceof AppError)) return error;
  return new AppError(error.code, { ...error.details, line }, { message: error.message, cause: error });
}

/** Names the line of an `external_ref` that a task has which the importer cannot see, or that was taken meanwhile. */
function takenName(error: unknown, create: PlannedTask[]): AppError | undefined {
  const detail = error instanceof Error && 'detail' in error ? String(error.detail) : '';
  // such as: Key (project_id, external_ref)=(…, JIRA-1) already exists.
  const ref = /=\([0-9a-f-]{36}, (.*)\) already exists/s.exec(detail)?.[1] ?? null;
  const task = create.find(({ fields }) => fields.external_ref === ref);
  const taken = takenRef(error, ref);
  return taken && (atLine(taken, task?.from.line ?? 1) as AppError);
}

/** What is to be known of the entries of a file that may have no other name here when they are sent again. */
function entriesOf({ create, documents, schedules, triggers, isExport }: WholePlan): {
  key: string;
  id: string;
}[] {
  const nameless = create.filter(({ from }) => isExport || !from.entry.external_ref);
  const others = [...documents.create, ...schedules.create, ...triggers.create];
  return [...nameless, ...others].map(({ from, id }) => ({ key: from.key, id }));
}

/** @throws PROJECT_LIMIT_EXCEEDED when the project has more tasks than it may */
async function refuseTooMany(
  tx: Transaction,
  project: AccessibleProject,
  create: PlannedTask[],
): Promise<void> {
  if (create.every(({ from: { entry } }) => entry.draft || entry.archived)) return;
  const limit = project.resource_limits.max_tasks;
  let count = await countTasks(tx, project.id);
  if (count <= limit && count > limit - nearLimit) {
    // near the limit the tasks of the project are created one after the other, so that the count is exact
    await tx.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [project.id]);
    count = await countTasks(tx, project.id);
  }
  if (count > limit)
    throw new AppError('PROJECT_LIMIT_EXCEEDED', {
      project_id: project.id,
      limit: 'max_tasks',
      value: limit,
    });
}

/** The entry of a task that was made. Nobody else hears of a draft. */
function creationOf(project: AccessibleProject, task: InsertedTask, isDraft: boolean): WriteEntry {
  const { id, title, status, priority, number, progress_percentage } = task;
  const ref = refOf({ ...project, number });
  const newValue = { title, status, priority, ref, imported: true };
  const own = { entityType: 'task', entityId: id, action: 'created', newValue } as const;
  if (isDraft) return own;
  const data = { task_id: id, project_id: project.id, ref, title, status, priority };
  const shown = { status, progress_percentage, updated_at: toInstant(task.updated_at) };
  return { ...own, projectId: project.id, event: { name: 'task.created', data }, task: shown };
}

/** The entry of a task that has got comments and the like. */
function additionsOf(
  { id: projectId }: AccessibleProject,
  { id, parts, existing }: PlannedTask,
): WriteEntry[] {
  const newValue = countParts(parts);
  if (Object.keys(newValue).length === 0) return [];
  const entry = { entityType: 'task', entityId: id, action: 'imported', newValue } as const;
  return [existing?.is_draft ? entry : { ...entry, projectId }];
}

/** The entry of the whole. */
function importOf({ id, name }: AccessibleProject, plan: WholePlan): WriteEntry {
  const { create, update, gone, documents, labels, schedules, triggers } = plan;
  const newValue = {
    created: create.length,
    updated: update.length,
    [gone.action === 'archive' ? 'archived' : 'completed']: gone.tasks.length,
    documents: documents.create.length + documents.update.length,
    labels: labels.length,
    schedules: schedules.create.length + schedules.update.length,
    triggers: triggers.create.length + triggers.update.length,
  };
  return {
    entityType: 'project',
    entityId: id,
    projectId: id,
    action: 'imported',
    newValue: { name, ...newValue },
  };
}
