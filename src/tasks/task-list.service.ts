import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { toPage, type Page } from '../common/pagination.js';
import type { Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import { parseSearch, searchCondition } from './search-syntax.js';
import { taskColumns } from './tasks.queries.js';
import { toTask, type TaskListQuery, type TaskRow, type TaskView } from './tasks.schema.js';

@Injectable()
export class TaskListService {
  constructor(private readonly database: Database) {}

  /**
   * A page of the tasks that the actor may see.
   * @throws PROJECT_NOT_FOUND for a project that the actor may not see
   */
  async list(actor: Actor, query: TaskListQuery, url: string): Promise<Page<TaskView>> {
    const values: unknown[] = [actor.id, actor.role === 'admin'];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const { project_id } = query;
    const projects = ['p.deleted_at IS NULL', visible];
    if (project_id !== undefined)
      projects.push(`p.${project_id.includes('-') ? 'id' : 'key'} = ${bind(project_id)}`);
    const ofStatus = query.status ? [statusIs(query.status, bind)] : [];
    const others = otherFilters(query, bind);
    const tasks = ['t.deleted_at IS NULL', ...ofStatus, ...others].join(' AND ');
    const from = `FROM tasks t JOIN projects p ON p.id = t.project_id ${memberJoin} WHERE ${[tasks, ...projects].join(' AND ')}`;
    const filters = [...values];
    const order = `ORDER BY t.${query.sort} ${query.order}, t.id ${query.order}`;
    const limit = `LIMIT ${bind(query.page_size)} OFFSET ${bind((query.page - 1) * query.page_size)}`;

    // what is not narrowed down further is counted already
    const kept = `SELECT coalesce(sum(t.n), 0)::int FROM projects p ${memberJoin} JOIN task_counts t ON t.project_id = p.id
      WHERE ${[...projects, ...ofStatus].join(' AND ')}`;
    const [rows, counted] = await Promise.all([
      this.database.query<ListRow>(
        project_id === undefined
          ? `SELECT c.total, t.* FROM (SELECT (${others.length === 0 ? kept : 'NULL'}) AS total) AS c
               LEFT JOIN (SELECT ${taskColumns} ${from} ${order} ${limit}) AS t ON true ${order}`
          : `SELECT c.total, t.* FROM (
               SELECT p.id, p.key, (${others.length === 0 ? keptOf(ofStatus) : 'NULL::int'}) AS total FROM projects p ${memberJoin}
                WHERE ${projects.join(' AND ')}) AS c
               LEFT JOIN LATERAL (
                 SELECT ${taskColumns.replace('p.key', 'c.key')} FROM tasks t WHERE t.project_id = c.id AND ${tasks} ${order} ${limit}
               ) AS t ON true ${order}`,
        values,
      ),
      others.length === 0
        ? undefined
        : this.database.query<{ n: number }>(`SELECT count(*)::int AS n ${from}`, filters),
    ]);
    if (project_id !== undefined && rows.length === 0)
      throw new AppError('PROJECT_NOT_FOUND', { project_id });
    const total = counted?.[0]?.n ?? rows[0]?.total ?? 0;
    const found = rows.filter((row) => row.id !== null);
    return toPage(found.map(toTask), total, query, url);
  }
}

type ListRow = TaskRow & { total: number | null } & Record<string, unknown>;

type Bind = (value: unknown) => string;

/** An equality where there is one status: only that lets an index give the rows in order. */
function statusIs(statuses: string[], bind: Bind): string {
  const [first] = statuses;
  return statuses.length === 1 ? `t.status = ${bind(first)}` : `t.status = ANY(${bind(statuses)})`;
}

function otherFilters(query: TaskListQuery, bind: Bind): string[] {
  const conditions: string[] = [];
  if (query.assigned_to) conditions.push(`t.assigned_to = ${bind(query.assigned_to)}`);
  if (query.priority) conditions.push(`t.priority <= ${bind(query.priority)}`);
  if (query.tags) conditions.push(`t.tags @> ${bind(query.tags)}`);
  if (query.created_after) conditions.push(`t.created_at >= ${bind(query.created_after)}`);
  if (query.created_before) conditions.push(`t.created_at < ${bind(query.created_before)}`);
  if (query.search !== undefined) {
    const tree = parseSearch(query.search);
    conditions.push(tree ? searchCondition(tree, bind) : 'false');
  }
  return conditions;
}

/** The kept count of a project `p`. */
const keptOf = (ofStatus: string[]) =>
  `SELECT coalesce(sum(t.n), 0)::int FROM task_counts t WHERE ${['t.project_id = p.id', ...ofStatus].join(' AND ')}`;
