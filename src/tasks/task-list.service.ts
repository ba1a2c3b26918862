import { Injectable } from '@nestjs/common';
import type { Bind, SortKey } from '../http/keyset.js';
import { PageWindow, type Page } from '../http/pagination.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Queryable } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { ProjectAccess } from '../projects/project-access.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import { parseSearch, searchCondition } from './search-syntax.js';
import { listedTaskColumns } from './tasks.queries.js';
import { toListedTask, type ListedTaskRow, type ListedTaskView, type TaskListQuery } from './tasks.schema.js';

@Injectable()
export class TaskListService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly projects: ProjectAccess,
  ) {}

  /**
   * Lists a page of the tasks that the actor may see.
   * @throws PROJECT_NOT_FOUND for a project that the actor may not see, ANSWER_TOO_LARGE
   */
  async list(actor: Actor, query: TaskListQuery, url: string): Promise<Page<ListedTaskView>> {
    const window = new PageWindow(query, url, sortKeys[query.sort]);
    const values: unknown[] = [actor.id, actor.role === 'admin'];
    const bind: Bind = (value) => `$${values.push(value)}`;
    const { project_id } = query;
    const scope = ['p.deleted_at IS NULL', visible];
    if (project_id !== undefined) scope.push(`t.project_id = ${projectIs(project_id, bind)}`);
    if (query.status) scope.push(statusIs(query.status, bind));
    const others = otherFilters(query, bind);
    const where = `WHERE ${['t.deleted_at IS NULL', ...scope, ...others].join(' AND ')}`;
    const from = `FROM tasks t JOIN projects p ON p.id = t.project_id ${memberJoin}`;
    const filters = [...values];
    const order = window.orderBy;
    const after = window.after(bind);
    const limit = window.limit(bind);

    const total =
      window.total !== undefined
        ? 'NULL::int'
        : others.length === 0
          ? `(SELECT coalesce(sum(t.n), 0)::int FROM task_counts t JOIN projects p ON p.id = t.project_id ${memberJoin}
             WHERE ${scope.join(' AND ')})`
          : query.search === undefined
            ? 'NULL::int'
            : '(SELECT count(*)::int FROM found)';
    const read = (db: Queryable): Promise<[ListRow[], { n: number }[] | undefined]> =>
      Promise.all([
        db.query<ListRow>(
          query.search === undefined
            ? `SELECT c.total, t.* FROM (SELECT ${total} AS total) AS c
               LEFT JOIN (SELECT ${listedTaskColumns} ${from} ${where} AND ${after} ${order} ${limit}) AS t ON true ${order}`
            : // MATERIALIZED forces the use of the index of words: the planner's estimate of how rare a word is can be far off
              `WITH found AS MATERIALIZED (SELECT t.id, t.${query.sort} ${from} ${where})
             SELECT c.total, t.* FROM (SELECT ${total} AS total) AS c LEFT JOIN (
               SELECT ${listedTaskColumns} FROM (SELECT * FROM found t WHERE ${after} ${order} ${limit}) AS f
                 JOIN tasks t ON t.id = f.id JOIN projects p ON p.id = t.project_id
             ) AS t ON true ${order}`,
          values,
        ),
        others.length === 0 || query.search !== undefined || window.total !== undefined
          ? undefined
          : db.query<{ n: number }>(`SELECT count(*)::int AS n ${from} ${where}`, filters),
      ]);
    const [rows, counted] = isLight(actor, query, others)
      ? await read(this.database)
      : await this.heavy.read(actor.id, read);
    const tasks = rows.filter(({ id }) => id !== null);
    // an empty page may be due to a project that does not exist or that the actor may no longer see
    if (tasks.length === 0 && project_id !== undefined)
      await this.projects.require(actor, project_id, 'read');
    return window.toPage(tasks, window.total ?? counted?.[0]?.n ?? rows[0]?.total ?? 0, toListedTask);
  }
}

type ListRow = ListedTaskRow & { total: number | null } & Record<string, unknown>;

const sortKeys: Record<TaskListQuery['sort'], SortKey[]> = {
  created_at: [
    ['t.created_at', 'instant'],
    ['t.id', 'id'],
  ],
  updated_at: [
    ['t.updated_at', 'instant'],
    ['t.id', 'id'],
  ],
  priority: [
    ['t.priority', 'integer'],
    ['t.id', 'id'],
  ],
  title: [
    ['t.title', 'text'],
    ['t.id', 'id'],
  ],
};

/** Pages beyond this many rows are not light, since the rows that an offset skips are read, too. */
const maxSkippedRows = 10_000;

/** Decides whether an index yields the rows in order and hardly any others, so that the cost does not depend on the number of tasks. */
function isLight(actor: Actor, query: TaskListQuery, otherFilters: string[]): boolean {
  const { sort, status, project_id, page, page_size } = query;
  if (sort !== 'created_at' || otherFilters.length > 0 || page * page_size > maxSkippedRows) return false;
  // without a project, the scan also reads tasks that the actor may not see and those with another status
  return project_id === undefined ? actor.role === 'admin' && !status : (status?.length ?? 0) <= 1;
}

/** Builds the SQL expression for the id of a project that is named by its id or its key. */
function projectIs(name: string, bind: Bind): string {
  return name.includes('-') ? bind(name) : `(SELECT id FROM projects WHERE key = ${bind(name)})`;
}

/** Builds the condition on the status: an equality for a single status, since only that lets an index yield the rows in order. */
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
