import type { Actor } from '../common/permissions.js';
import type { Bind, SortKey } from '../http/keyset.js';
import type { PageWindow, Slice } from '../http/pagination.js';
import { memberJoin, visible } from '../projects/projects.queries.js';
import { filtersOf, listingOf, statusesOf, type Sort } from './task-filters.js';
import { listedTaskColumns } from './tasks.queries.js';
import type { TaskListing } from './task-list.schema.js';

/** A statement with its values. $1 is the actor, and $2 whether that is an administrator. */
export interface Statement {
  text: string;
  values: unknown[];
}

/** The tasks of a project in a status, archived or not and drafts or not, and their number. */
export interface Stream extends Record<string, unknown> {
  project_id: string;
  is_archived: boolean;
  is_draft: boolean;
  status: string;
  n: number;
}

const types = {
  created_at: 'instant',
  updated_at: 'instant',
  priority: 'integer',
  title: 'text',
  due_at: 'instantOrNever',
  number: 'integer',
} as const satisfies Record<Sort, SortKey[1]>;

export const sortKeys = (sort: Sort): SortKey[] => [
  [`t.${sort}`, types[sort]],
  ['t.id', 'id'],
];

/** Rows that are walked beyond the expected share of a stream, so that a slightly uneven distribution does not end the walk early. */
const reserve = { factor: 1.5, rows: 5 };

/**
 * Builds the statements of one list of tasks. Tasks are read from streams: the tasks of one project in one status, archived or not and
 * drafts or not, which an index has in the order of each sort. `task_counts` says which streams there are, and how long they are.
 */
export class TaskListQueries {
  private values: unknown[] = [];
  private readonly bind: Bind = (value) => `$${this.values.push(value)}`;

  constructor(
    private readonly actor: Actor,
    private readonly query: TaskListing,
    private readonly window: PageWindow,
  ) {}

  /** Lists the streams and their lengths, whose sum is the number of tasks without further filters. */
  lengths(): Statement {
    return this.statement(() => `WITH ${this.streams()} SELECT * FROM streams`);
  }

  /** Asks the planner for its estimate of how many tasks match the filters. */
  estimate(): Statement {
    this.values = [this.actor.id, this.actor.role === 'admin'];
    // a parameter that no condition uses has no type otherwise
    const typed = '$1::uuid IS NOT NULL AND $2::boolean IS NOT NULL';
    const conditions = [typed, listingOf(this.query), ...this.filters()].join(' AND ');
    const text = `EXPLAIN (FORMAT JSON) SELECT FROM tasks t WHERE t.deleted_at IS NULL AND ${conditions}`;
    return { text, values: this.values };
  }

  /** Counts the tasks that match a filter which the indexes of the streams have, up to a number, without reading any task. */
  count(most: number): Statement {
    return this.statement(() => {
      const conditions = this.filters().join(' AND ');
      return `WITH ${this.streams()} SELECT count(*)::int AS total FROM (
        SELECT FROM streams s CROSS JOIN LATERAL (SELECT FROM tasks t WHERE ${inStream} AND ${conditions} OFFSET 0) AS t
         LIMIT ${this.bind(most)}) AS counted`;
    });
  }

  /** Reads a page of all tasks of the streams. The first row of a stream tells whether the page can have any of its rows. */
  page(slice: Slice): Statement {
    return this.statement(() => {
      const most = this.bind(slice.skip + slice.take);
      const first = (limit: string) => `SELECT t.${this.query.sort}, t.id FROM tasks t
        WHERE ${inStream} AND ${this.window.after(this.bind)} ${this.order(slice)} LIMIT ${limit}`;
      return `WITH ${this.streams()},
        heads AS MATERIALIZED (
          SELECT s.project_id, s.is_archived, s.is_draft, s.status FROM streams s CROSS JOIN LATERAL (${first('1')}) AS t ${this.order(slice)} LIMIT ${most}),
        chosen AS MATERIALIZED (
          SELECT t.* FROM heads s CROSS JOIN LATERAL (${first(most)}) AS t
           ${this.order(slice)} LIMIT ${this.bind(slice.take)} OFFSET ${this.bind(slice.skip)})
        ${this.tasksOf('(SELECT coalesce(sum(n), 0)::int FROM streams) AS total', 'SELECT id FROM chosen')}`;
    });
  }

  /** Reads a page by an index that has all tasks of the scope in order. Ids are skipped without reading their rows. */
  pageByDate(slice: Slice): Statement {
    return this.statement(() => {
      const { project_id } = this.query;
      // the list of an administrator, who sees all projects but deleted ones
      const scope =
        project_id === undefined
          ? 't.project_id NOT IN (SELECT id FROM projects WHERE deleted_at IS NOT NULL)'
          : `t.project_id = ${this.project(project_id)}`;
      return `WITH ${this.streams()}, chosen AS MATERIALIZED (
          SELECT t.id FROM tasks t WHERE ${scope} AND t.deleted_at IS NULL AND ${listingOf(this.query)} AND ${this.window.after(this.bind)}
           ${this.order(slice)} LIMIT ${this.bind(slice.take)} OFFSET ${this.bind(slice.skip)})
        ${this.tasksOf('(SELECT coalesce(sum(n), 0)::int FROM streams) AS total', 'SELECT id FROM chosen')}`;
    });
  }

  /**
   * Finds about the first `rows` tasks in the order of the sort, and of these the ones that match the filters. Of each stream it reads
   * somewhat more than its share; where one ends before its share of the page is complete, so does what is found.
   * @returns a statement whose rows have the number of matches as `total`, and as `is_exact` whether these were all rows
   */
  walk(rows: number, slice = this.window.slice()): Statement {
    return this.statement(() => {
      const { sort, order } = this.query;
      const [inOrder, matching] = this.filters();
      const later = (order === 'asc') === slice.isReversed ? '<' : '>';
      return `WITH ${this.streams()},
        sized AS MATERIALIZED (
          SELECT project_id, is_archived, is_draft, status, n, row_number() OVER () AS stream,
                 least(n, ceil(${this.bind(rows * reserve.factor)}::float8 * n / sum(n) OVER ()) + ${reserve.rows})::int AS most FROM streams),
        walked AS MATERIALIZED (
          SELECT s.most < s.n AND t.place = s.most AS is_cut, t.* FROM sized s CROSS JOIN LATERAL (
            SELECT t.${sort}, t.id, ${matching} AS hit, row_number() OVER (${this.order(slice)}) AS place FROM tasks t
             WHERE ${inStream} AND ${inOrder} AND ${this.window.after(this.bind)} ${this.order(slice)} LIMIT s.most) AS t),
        cut AS MATERIALIZED (SELECT t.${sort}, t.id FROM walked t WHERE is_cut ${this.order(slice)} LIMIT 1),
        found AS MATERIALIZED (
          SELECT t.${sort}, t.id FROM walked t
           WHERE t.hit AND NOT EXISTS (SELECT FROM cut c WHERE (t.${sort}, t.id) ${later} (c.${sort}, c.id)))
        ${this.tasksOf('(SELECT count(*)::int FROM found) AS total, NOT EXISTS (SELECT FROM cut) AS is_exact', this.pageOf('found', slice))}`;
    });
  }

  /**
   * Finds the tasks that match the filters.
   * @param most the number after which counting ends; then there is no page
   */
  matches(most: number | null): Statement {
    return this.statement(() => {
      const { sort } = this.query;
      const [inOrder, matching] = this.filters();
      const hasIndex = filtersOf(this.actor, this.query, () => '').some((filter) => filter.hasIndex);
      const from = hasIndex
        ? `tasks t JOIN projects p ON p.id = t.project_id ${memberJoin}
            WHERE ${[...this.scope('t'), 't.deleted_at IS NULL', listingOf(this.query), inOrder, matching].join(' AND ')}`
        : `streams s CROSS JOIN LATERAL (
            SELECT t.${sort}, t.id FROM tasks t WHERE ${inStream} AND ${inOrder} AND ${matching} OFFSET 0) AS t`;
      const limit = most === null ? '' : `LIMIT ${this.bind(most + 1)}`;
      const counted = most === null ? 'true' : `(SELECT count(*) FROM found) <= ${this.bind(most)}`;
      const page = this.pageOf(
        'found',
        this.window.slice(),
        `${counted} AND ${this.window.after(this.bind)}`,
      );
      return `WITH ${this.streams()}, found AS MATERIALIZED (SELECT t.${sort}, t.id FROM ${from} ${limit})
        ${this.tasksOf('(SELECT count(*)::int FROM found) AS total, true AS is_exact', page)}`;
    });
  }

  private statement(build: () => string): Statement {
    this.values = [this.actor.id, this.actor.role === 'admin'];
    return { text: build(), values: this.values };
  }

  private order({ isReversed }: Slice): string {
    return this.window.orderOf([`t.${this.query.sort}`, 't.id'], isReversed);
  }

  private pageOf(name: string, slice: Slice, condition = 'true'): string {
    return `SELECT t.id FROM ${name} t WHERE ${condition} ${this.order(slice)}
      LIMIT ${this.bind(slice.take)} OFFSET ${this.bind(slice.skip)}`;
  }

  /** Reads the tasks with some ids in the order of the list; without any, a single row with the counts. */
  private tasksOf(counts: string, ids: string): string {
    return `SELECT c.*, t.* FROM (SELECT ${counts}) AS c LEFT JOIN (
        SELECT ${listedTaskColumns(this.query.brief)} FROM (${ids}) AS chosen
          JOIN tasks t ON t.id = chosen.id JOIN projects p ON p.id = t.project_id ${memberJoin}
         WHERE p.deleted_at IS NULL AND ${visible}
      ) AS t ON true ${this.window.orderBy}`;
  }

  private streams(): string {
    const listing = listingOf(this.query).replaceAll('t.', 'c.');
    const stream = 'c.project_id, c.is_archived, c.is_draft, c.status';
    return `streams AS MATERIALIZED (
      SELECT ${stream}, sum(c.n)::int AS n FROM task_counts c JOIN projects p ON p.id = c.project_id ${memberJoin}
       WHERE ${[...this.scope('c'), listing].join(' AND ')} GROUP BY ${stream} HAVING sum(c.n) > 0)`;
  }

  /** The conditions on project and status. */
  private scope(table: 't' | 'c'): string[] {
    const { project_id } = this.query;
    const status = statusesOf(this.query);
    const conditions = ['p.deleted_at IS NULL', visible];
    if (this.query.of_agents) conditions.push('p.agent_id IS NOT NULL');
    if (project_id !== undefined) conditions.push(`${table}.project_id = ${this.project(project_id)}`);
    if (status) conditions.push(`${table}.status = ANY(${this.bind(status)})`);
    return conditions;
  }

  /** Builds the expression for the id of a project that is named by its id or its key. */
  private project(name: string): string {
    return name.includes('-') ? this.bind(name) : `(SELECT id FROM projects WHERE key = ${this.bind(name)})`;
  }

  /** The other filters: those on the sort column, which limit what is walked, and the rest. */
  private filters(): [onSort: string, others: string] {
    const filters = filtersOf(this.actor, this.query, this.bind);
    const all = (isOnSort: boolean) => {
      const chosen = filters.filter(({ column }) => (column === this.query.sort) === isOnSort);
      return chosen.length > 0 ? chosen.map(({ condition }) => condition).join(' AND ') : 'true';
    };
    return [all(true), all(false)];
  }
}

const inStream = `t.project_id = s.project_id AND t.is_archived = s.is_archived AND t.is_draft = s.is_draft
  AND t.status = s.status AND t.deleted_at IS NULL`;
