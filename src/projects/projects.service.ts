import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { formatDuration } from '../common/duration.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import type { SortKey } from '../http/keyset.js';
import { PageWindow, type Page } from '../http/pagination.js';
import type { Actor } from '../common/permissions.js';
import { hasScope, scopesOfEntity } from '../common/scopes.js';
import { containing, countRows, Database, uniqueViolation, type Queryable } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ProjectAccess } from './project-access.js';
import { refuseAboveCeilings } from './project-ceilings.js';
import { ProjectWrites } from './project-writes.service.js';
import type { Project } from './project.entity.js';
import { keysFor } from './project-key.js';
import { averageDuration, memberJoin, recentActivity, statisticsOf, visible } from './projects.queries.js';
import {
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
    private readonly writes: ProjectWrites,
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
        await this.database.transaction((tx) => this.writes.createIn(tx, actor, id, key, input));
        return this.view(await this.access.require(actor, id, 'read'));
      } catch (error) {
        if (uniqueViolation(error) === undefined) throw error;
      }
    }
    throw new AppError('RESOURCE_ALREADY_EXISTS', { field: 'key' });
  }

  async list(actor: Actor, query: ProjectListQuery, url: string): Promise<Page<ProjectView>> {
    const window = new PageWindow(query, url, sortKeys[query.sort]);
    const values: unknown[] = [actor.id, actor.role === 'admin'];
    const conditions = ['p.deleted_at IS NULL', visible];
    if (query.status !== undefined) conditions.push(`p.status = $${values.push(query.status)}`);
    if (query.created_by !== undefined) conditions.push(`p.created_by = $${values.push(query.created_by)}`);
    if (query.search !== undefined) {
      const term = values.push(containing(query.search));
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
    return query.search === undefined ? read(this.database) : this.heavy.read(actor, read);
  }

  /** Returns a project with its details. @throws PROJECT_NOT_FOUND */
  async detail(actor: Actor, projectId: string): Promise<ProjectDetail> {
    const project = await this.access.require(actor, projectId, 'read');
    const [view, seconds, recent] = await Promise.all([
      this.view(project),
      this.heavy.read(actor, (tx) => averageDuration(tx, project.id)),
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
    const { id } = await this.access.require(actor, projectId, 'own');
    await this.database.transaction((tx) => this.writes.updateIn(tx, actor, id, input, ifMatch));
    return this.view(await this.access.require(actor, id, 'read'));
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
