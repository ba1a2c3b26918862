import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { ActivityLog } from '../activity/activity-log.js';
import { formatDuration } from '../common/duration.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import type { SortKey } from '../http/keyset.js';
import { PageWindow, type Page } from '../http/pagination.js';
import type { Actor } from '../common/permissions.js';
import { hasScope, scopesOfEntity } from '../common/scopes.js';
import { checkVersion } from '../http/request.js';
import { countRows, Database, uniqueViolation, type Queryable } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ProjectAccess } from './project-access.js';
import { refuseAboveCeilings, refuseMoreProjects } from './project-ceilings.js';
import type { Project } from './project.entity.js';
import { keysFor } from './project-key.js';
import { averageDuration, memberJoin, recentActivity, statisticsOf, visible } from './projects.queries.js';
import {
  defaultLimits,
  toProject,
  type CreateProject,
  type ProjectDetail,
  type ProjectListQuery,
  type ProjectView,
  type UpdateProject,
} from './projects.schema.js';

@Injectable()
export class ProjectsService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly access: ProjectAccess,
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Creates a project that the actor owns.
   * @throws RESOURCE_ALREADY_EXISTS when the given key is in use; a key derived from the name avoids those in use;
   * AUTH_INSUFFICIENT_PERMISSIONS for limits that only an administrator may set, RESOURCE_LIMIT_EXCEEDED
   */
  async create(actor: Actor, input: CreateProject): Promise<ProjectView> {
    refuseAboveCeilings(actor, input.resource_limits, this.infrastructure.config);
    for (const key of await keysFor(this.database, input)) {
      const id = newId();
      try {
        await this.insert(actor, id, key, input);
        return this.view(await this.access.require(actor, id, 'read'));
      } catch (error) {
        if (uniqueViolation(error) === undefined) throw error;
      }
    }
    throw new AppError('RESOURCE_ALREADY_EXISTS', { field: 'key' });
  }

  private async insert(actor: Actor, id: string, key: string, input: CreateProject): Promise<void> {
    const { name, description, visibility, settings } = input;
    const limits = { ...defaultLimits, ...input.resource_limits };
    await this.database.transaction(async (tx) => {
      await refuseMoreProjects(tx, actor, this.infrastructure.config);
      await tx.query(
        `INSERT INTO projects (id, key, name, description, visibility, settings, resource_limits, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [id, key, name, description, visibility, settings, limits, actor.id],
      );
      this.activity.record(tx, {
        actor,
        entityType: 'project',
        entityId: id,
        projectId: id,
        action: 'created',
        newValue: { name, key, description, visibility, settings, resource_limits: limits },
        event: {
          name: 'project.created',
          data: { project_id: id, name, status: 'active', created_by: actor.id },
        },
      });
    });
  }

  async list(actor: Actor, query: ProjectListQuery, url: string): Promise<Page<ProjectView>> {
    const window = new PageWindow(query, url, sortKeys[query.sort]);
    const values: unknown[] = [actor.id, actor.role === 'admin'];
    const conditions = ['p.deleted_at IS NULL', visible];
    if (query.status !== undefined) conditions.push(`p.status = $${values.push(query.status)}`);
    if (query.created_by !== undefined) conditions.push(`p.created_by = $${values.push(query.created_by)}`);
    if (query.search !== undefined) {
      const term = values.push(`%${query.search.replace(/[\\%_]/g, '\\$&')}%`);
      conditions.push(`(p.name ILIKE $${term} OR p.description ILIKE $${term})`);
    }
    const from = `FROM projects p ${memberJoin} WHERE ${conditions.join(' AND ')}`;
    const filters = [...values];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const page = `SELECT p.* ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`;
    const read = async (db: Queryable): Promise<Page<ProjectView>> => {
      const [total, projects] = await Promise.all([
        window.total ?? countRows(db, from, filters),
        db.query<Project>(page, values),
      ]);
      const statistics = await statisticsOf(
        db,
        projects.map(({ id }) => id),
      );
      return window.toPage(projects, total, (project) => toProject(project, statistics.get(project.id)!));
    };
    return query.search === undefined ? read(this.database) : this.heavy.read(actor.id, read);
  }

  /** Returns a project with its details. @throws PROJECT_NOT_FOUND */
  async detail(actor: Actor, projectId: string): Promise<ProjectDetail> {
    const project = await this.access.require(actor, projectId, 'read');
    const [view, seconds, recent] = await Promise.all([
      this.view(project),
      this.heavy.read(actor.id, (tx) => averageDuration(tx, project.id)),
      recentActivity(this.database, project.id),
    ]);
    const { total_tasks, completed_tasks } = view.statistics;
    return {
      ...view,
      statistics: {
        ...view.statistics,
        completion_rate: total_tasks === 0 ? 0 : Number((completed_tasks / total_tasks).toFixed(4)),
        average_task_duration: formatDuration(seconds),
      },
      recent_activity: mayReadOf(actor, recent).map(({ at, entity_type, action, task_title, user_name }) => ({
        timestamp: toInstant(at),
        action: `${entity_type}_${action}`,
        task_title,
        user_name,
      })),
    };
  }

  /**
   * Updates a project; settings and limits are merged into the current ones.
   * @throws PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED (until it is made active again), VERSION_CONFLICT,
   * AUTH_INSUFFICIENT_PERMISSIONS for limits that only an administrator may set
   */
  async update(
    actor: Actor,
    projectId: string,
    input: UpdateProject,
    ifMatch?: number,
  ): Promise<ProjectView> {
    const { version, ...changes } = input;
    const { id } = await this.access.require(actor, projectId, 'own');
    await this.database.transaction(async (tx) => {
      const [project] = await tx.query<Project>(
        'SELECT * FROM projects WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE',
        [id],
      );
      if (!project) throw new AppError('PROJECT_NOT_FOUND', { project_id: id });
      checkVersion(project.version, version, ifMatch);
      const { config } = this.infrastructure;
      refuseAboveCeilings(actor, changes.resource_limits ?? {}, config, project.resource_limits);
      const next = {
        ...project,
        ...changes,
        settings: { ...project.settings, ...changes.settings },
        resource_limits: { ...project.resource_limits, ...changes.resource_limits },
      };
      if (project.status === 'archived' && next.status === 'archived') {
        throw new AppError('PROJECT_ARCHIVED', { project_id: id });
      }
      await tx.query(
        `UPDATE projects SET name = $2, description = $3, visibility = $4, status = $5, settings = $6,
                resource_limits = $7, updated_at = now(), version = version + 1 WHERE id = $1`,
        [id, next.name, next.description, next.visibility, next.status, next.settings, next.resource_limits],
      );
      const keys = Object.keys(changes) as (keyof typeof changes)[];
      const newValue = Object.fromEntries(keys.map((key) => [key, next[key]]));
      this.activity.record(tx, {
        actor,
        entityType: 'project',
        entityId: id,
        projectId: id,
        action: 'updated',
        oldValue: Object.fromEntries(keys.map((key) => [key, project[key]])),
        newValue,
        event: {
          name: 'project.updated',
          data: { project_id: id, name: next.name, status: next.status, changes: withShortCommand(newValue) },
        },
      });
      this.events.emitAfter(tx, 'project.changed', { project_id: id });
    });
    return this.view(await this.access.require(actor, id, 'read'));
  }

  /**
   * Deletes a project softly: it and its tasks become invisible, but are not erased.
   * @throws RESOURCE_IN_USE while tasks of it are queued or running
   */
  async remove(actor: Actor, projectId: string): Promise<{ message: string; deleted_at: string }> {
    const { id } = await this.access.require(actor, projectId, 'own');
    return this.database.transaction(async (tx) => {
      // a changed key waits for requests that store an execution in the project, which hold a lock of it
      const [project] = await tx.query<{ deleted_at: Date; name: string }>(
        `UPDATE projects SET deleted_at = now(), key = key || '~' || id, version = version + 1
          WHERE id = $1 AND deleted_at IS NULL RETURNING deleted_at, name`,
        [id],
      );
      if (!project) throw new AppError('PROJECT_NOT_FOUND', { project_id: id });
      const [active] = await tx.query(
        "SELECT 1 FROM executions WHERE project_id = $1 AND status IN ('queued', 'running') LIMIT 1",
        [id],
      );
      if (active)
        throw new AppError(
          'RESOURCE_IN_USE',
          { project_id: id },
          { message: 'Tasks of the project are queued or running' },
        );
      this.activity.record(tx, {
        actor,
        entityType: 'project',
        entityId: id,
        projectId: id,
        action: 'deleted',
      });
      this.events.emitAfter(tx, 'project.changed', { project_id: id });
      return { message: 'Project deleted successfully', deleted_at: toInstant(project.deleted_at) };
    });
  }

  private async view(project: Project): Promise<ProjectView> {
    const statistics = await statisticsOf(this.database, [project.id]);
    return toProject(project, statistics.get(project.id)!);
  }
}

/** Leaves out what is about tasks, runs or webhooks where a token has no scope to read these. */
function mayReadOf<A extends { entity_type: string }>(actor: Actor, activities: readonly A[]): A[] {
  return activities.filter(({ entity_type }) => hasScope(actor, scopesOfEntity(entity_type)));
}

const sortKeys: Record<ProjectListQuery['sort'], SortKey[]> = {
  name: [
    ['p.name', 'text'],
    ['p.id', 'id'],
  ],
  created_at: [
    ['p.created_at', 'instant'],
    ['p.id', 'id'],
  ],
  updated_at: [
    ['p.updated_at', 'instant'],
    ['p.id', 'id'],
  ],
};

/** Shortens the command template for events, as it is shortened in lists. */
function withShortCommand<V extends { settings?: { command_template?: unknown } | undefined }>(
  changes: V,
): V {
  const template = changes.settings?.command_template;
  if (typeof template !== 'string' || template.length <= 1024) return changes;
  return { ...changes, settings: { ...changes.settings, command_template: template.slice(0, 1024) } };
}
