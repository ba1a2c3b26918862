import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { Keyring } from '../common/keyring.js';
import type { Actor } from '../common/permissions.js';
import { checkScopes, scopesOf } from '../common/scopes.js';
import { refuseFullStorage } from '../executions/project-rules.js';
import { Database, uniqueViolation, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { limitsForCopy, refuseMoreProjects } from '../projects/project-ceilings.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import { keysFor } from '../projects/project-key.js';
import { statisticsOf } from '../projects/projects.queries.js';
import { defaultLimits, toProject } from '../projects/projects.schema.js';
import {
  copyChecklists,
  copyDependencies,
  copyDocuments,
  copyLabels,
  copyTasks,
  planCopies,
  planDocuments,
  recordCopies,
  type DocumentCopies,
  type TaskCopies,
} from './project-clone.queries.js';
import { copySchedules } from './schedule-copies.queries.js';
import { copyTriggers } from './trigger-copies.queries.js';
import { settleWaiting } from './task-claims.queries.js';
import type { ClonedProject, CloneProject } from './project-clone.schema.js';

/** The most tasks that one transaction copies. */
const mostTasks = 10_000;

/** Copies projects. It belongs to the tasks module because it copies their tasks, too. */
@Injectable()
export class ProjectCloneService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly projects: ProjectAccess,
    private readonly activity: ActivityLog,
    private readonly infrastructure: Infrastructure,
    private readonly keyring: Keyring,
  ) {}

  /**
   * Copies a project that the actor may read; the copy is the actor's.
   * @throws PROJECT_NOT_FOUND, RESOURCE_ALREADY_EXISTS when the given key is taken, PROJECT_LIMIT_EXCEEDED when there are more tasks
   * or more documents than the copy may hold, RESOURCE_LIMIT_EXCEEDED when there are more than can be copied at once, or the actor has created too many
   * projects, AUTH_INSUFFICIENT_PERMISSIONS when tasks are to be copied and the token lacks `tasks.write`
   */
  clone(actor: Actor, sourceName: string, input: CloneProject): Promise<ClonedProject> {
    if (input.include_tasks) checkScopes(actor, scopesOf('tasks', 'write'));
    return this.heavy.write(actor, (now) => this.cloneNow(now, sourceName, input));
  }

  private async cloneNow(actor: Actor, sourceName: string, input: CloneProject): Promise<ClonedProject> {
    for (const key of await keysFor(this.database, input)) {
      try {
        return await this.database.transaction((tx) => this.cloneIn(tx, actor, sourceName, key, input));
      } catch (error) {
        if (uniqueViolation(error) !== 'projects_key_key') throw error;
      }
    }
    throw new AppError('RESOURCE_ALREADY_EXISTS', { field: 'key' });
  }

  private async cloneIn(
    tx: Transaction,
    actor: Actor,
    sourceName: string,
    key: string,
    input: CloneProject,
  ): Promise<ClonedProject> {
    const source = await this.projects.require(actor, sourceName, 'read', tx);
    const taken = input.include_settings
      ? {
          settings: source.settings,
          resource_limits: limitsForCopy(actor, source.resource_limits, this.infrastructure.config),
          visibility: source.visibility,
        }
      : { settings: {}, resource_limits: defaultLimits, visibility: 'private' as const };
    const draftsOf = !input.include_drafts ? 'none' : source.access === 'owner' ? 'all' : actor.id;
    const tasks = input.include_tasks
      ? await planCopies(tx, source.id, mostTasks + 1, { archived: input.include_archived, draftsOf })
      : noTasks;
    refuseTooMany(tasks, taken.resource_limits.max_tasks);
    const documents = input.include_tasks ? await planDocuments(tx, tasks, source.id) : noDocuments;
    if (documents.stored > 0)
      refuseFullStorage(
        { id: source.id, resource_limits: taken.resource_limits },
        documents.stored,
        Infinity,
      );
    const cloned = tasks.copies.length;
    await refuseMoreProjects(tx, actor, this.infrastructure.config);
    const [project] = await tx.query<Project & Record<string, unknown>>(
      `INSERT INTO projects (id, key, name, description, visibility, settings, resource_limits, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *`,
      [
        newId(),
        key,
        input.name,
        source.description,
        taken.visibility,
        taken.settings,
        taken.resource_limits,
        actor.id,
      ],
    );
    const { id, name, description } = project!;
    await tx.query('INSERT INTO task_numbers (project_id, next) VALUES ($1, $2)', [id, cloned + 1]);
    this.activity.record(tx, {
      actor,
      entityType: 'project',
      entityId: id,
      projectId: id,
      action: 'created',
      newValue: { name, key, description, ...taken, cloned_from: source.id, cloned_tasks: cloned },
      event: {
        name: 'project.created',
        data: { project_id: id, name, status: 'active', created_by: actor.id, cloned_from: source.id },
      },
    });
    if (input.include_tasks) await copyLabels(tx, source.id, id, actor);
    if (cloned > 0) {
      await copyTasks(tx, tasks, id, actor);
      await copyDependencies(tx, tasks);
      void tx.behindCommit(() => settleWaiting(tx, tasks.copies));
      await copyChecklists(tx, tasks);
      // with the commit, as all activity: whoever follows it waits for the transactions that have begun to write it
      void tx.withCommit(() => recordCopies(tx, tasks, { id, key }, actor));
    }
    if (input.include_tasks) {
      await copySchedules(tx, source.id, id, tasks, actor);
      await copyTriggers(tx, this.keyring, source.id, id, tasks, actor);
    }
    if (documents.rows.length > 0) await copyDocuments(tx, documents, id, actor);
    const statistics = (await statisticsOf(tx, [id])).get(id)!;
    return { ...toProject(project!, statistics), cloned_from: source.id, cloned_tasks: cloned };
  }
}

const noDocuments: DocumentCopies = { rows: [], stored: 0 };
const noTasks: TaskCopies = { sources: [], copies: [], listed: 0 };

/** @throws PROJECT_LIMIT_EXCEEDED, RESOURCE_LIMIT_EXCEEDED */
function refuseTooMany({ copies, listed }: TaskCopies, maxTasks: number): void {
  if (listed > maxTasks)
    throw new AppError('PROJECT_LIMIT_EXCEEDED', { limit: 'max_tasks', value: maxTasks });
  if (copies.length > mostTasks)
    throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: 'cloned_tasks', value: mostTasks });
}
