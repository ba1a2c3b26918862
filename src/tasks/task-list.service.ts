import { Injectable } from '@nestjs/common';
import { toPage, type Page } from '../common/pagination.js';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';
import { ProjectAccess } from '../projects/project-access.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import { parseSearch, searchCondition } from './search-syntax.js';
import { taskColumns } from './tasks.queries.js';
import { toTask, type TaskListQuery, type TaskRow, type TaskView } from './tasks.schema.js';

@Injectable()
export class TaskListService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectAccess,
  ) {}

  /**
   * A page of the tasks that the actor may see.
   * @throws PROJECT_NOT_FOUND for a project that the actor may not see
   */
  async list(actor: Actor, query: TaskListQuery, url: string): Promise<Page<TaskView>> {
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['t.deleted_at IS NULL'];
    if (query.project_id === undefined) {
      values.push(actor.id, actor.role === 'admin');
      conditions.push('p.deleted_at IS NULL', visible);
    } else {
      const { id } = await this.projects.require(actor, query.project_id, 'read');
      conditions.push(`t.project_id = ${bind(id)}`);
    }
    if (query.status) conditions.push(`t.status = ANY(${bind(query.status)})`);
    if (query.assigned_to) conditions.push(`t.assigned_to = ${bind(query.assigned_to)}`);
    if (query.priority) conditions.push(`t.priority <= ${bind(query.priority)}`);
    if (query.tags) conditions.push(`t.tags @> ${bind(query.tags)}`);
    if (query.created_after) conditions.push(`t.created_at >= ${bind(query.created_after)}`);
    if (query.created_before) conditions.push(`t.created_at < ${bind(query.created_before)}`);
    if (query.search !== undefined) {
      const tree = parseSearch(query.search);
      conditions.push(tree ? searchCondition(tree, bind) : 'false');
    }

    const member = query.project_id === undefined ? memberJoin : '';
    const from = `FROM tasks t JOIN projects p ON p.id = t.project_id ${member} WHERE ${conditions.join(' AND ')}`;
    const filters = [...values];
    const page = `LIMIT ${bind(query.page_size)} OFFSET ${bind((query.page - 1) * query.page_size)}`;
    const [rows, counted] = await Promise.all([
      this.database.query<TaskRow & Record<string, unknown>>(
        `SELECT ${taskColumns} ${from} ORDER BY t.${query.sort} ${query.order}, t.id ${query.order} ${page}`,
        values,
      ),
      this.database.query<{ n: number }>(`SELECT count(*)::int AS n ${from}`, filters),
    ]);
    return toPage(rows.map(toTask), counted[0]?.n ?? 0, query, url);
  }
}
