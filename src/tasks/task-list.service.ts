import { Injectable } from '@nestjs/common';
import { PageWindow, type Page, type Total } from '../http/pagination.js';
import type { Actor } from '../common/permissions.js';
import { Database, mostCounted, type Queryable, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { ProjectAccess } from '../projects/project-access.js';
import { filtersOf, type Filter } from './task-filters.js';
import type { TaskListing } from './task-list.schema.js';

import { sortKeys, TaskListQueries, type Statement, type Stream } from './task-list.queries.js';
import { toListedTask, type ListedTaskRow, type ListedTaskView } from './tasks.schema.js';

type ListRow = ListedTaskRow & { total: number; is_exact?: boolean } & Record<string, unknown>;
interface Found {
  rows: ListRow[];
  total: Total;
}

/** Pages that skip more rows than this are read from the nearer end, and count as heavy work. */
const deep = 200;
/** In longer lists, what the planner takes for frequent is found by walking the list before an index is asked, which yields all matches. */
const longList = 20_000;
/** The least and the most tasks that are walked. */
const walked = { least: 2_500, most: 60_000 };

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
  async list(actor: Actor, query: TaskListing, url: string): Promise<Page<ListedTaskView>> {
    const window = new PageWindow(query, url, sortKeys(query.sort));
    const queries = new TaskListQueries(actor, query, window);
    const filters = filtersOf(actor, query, () => '');
    const { rows, total } =
      filters.length > 0
        ? await this.heavy.read(actor, (tx) => filtered(tx, queries, query, window, isIndexed(filters)))
        : window.slice().skip > deep
          ? await this.heavy.read(actor, (tx) => deepPage(tx, queries, actor, query, window))
          : await firstPages(this.database, queries, actor, query, window);
    // an empty page may be due to a project that does not exist or that the actor may no longer see
    if (rows.length === 0 && query.project_id !== undefined)
      await this.projects.require(actor, query.project_id, 'read');
    return window.toPage(rows, total, toListedTask);
  }
}

async function firstPages(
  db: Queryable,
  queries: TaskListQueries,
  actor: Actor,
  query: TaskListing,
  window: PageWindow,
): Promise<Found> {
  const slice = window.slice();
  const found = await read(db, isByDate(actor, query) ? queries.pageByDate(slice) : queries.page(slice));
  return { rows: found.rows, total: window.total ?? found.total };
}

/** Reads a page far from the beginning, which is read from the end when that is nearer. */
async function deepPage(
  tx: Transaction,
  queries: TaskListQueries,
  actor: Actor,
  query: TaskListing,
  window: PageWindow,
): Promise<Found> {
  const total = { n: sizeOf(await streamsOf(tx, queries)), isExact: true };
  const slice = window.slice(total.n);
  if (isByDate(actor, query)) return { ...(await read(tx, queries.pageByDate(slice), settings.walk)), total };
  const needed = slice.skip + slice.take;
  if (needed < total.n / 4) {
    const walked = await read(tx, queries.walk(needed, slice), settings.walk);
    if (walked.total.n >= needed) return { rows: walked.rows, total };
  }
  return { ...(await read(tx, queries.page(slice), settings.walk)), total };
}

async function streamsOf(tx: Transaction, queries: TaskListQueries): Promise<Stream[]> {
  const { text, values } = queries.lengths();
  return tx.query<Stream>(text, values);
}

const sizeOf = (streams: Stream[]) => streams.reduce((sum, { n }) => sum + n, 0);

/**
 * Reads a page of the tasks that match filters. What is frequent is found soon by walking the list, and what is rare by an index of its
 * words, tags or dates. Only matches that are many, but far behind the page's place in the list, are all read and sorted.
 */
async function filtered(
  tx: Transaction,
  queries: TaskListQueries,
  query: TaskListing,
  window: PageWindow,
  isByStreams: boolean,
): Promise<Found> {
  const { skip, take } = window.slice();
  const byIndex = query.search === undefined ? settings.filter : settings.search;
  const all = () => read(tx, queries.matches(null), byIndex);
  const carried = window.total;
  if (carried?.isExact && carried.n <= mostCounted) return { ...(await all()), total: carried };

  const size = sizeOf(await streamsOf(tx, queries));
  // walks twice what has the page when the matches are evenly distributed
  const walk = async (matches: number) => {
    const rows = Math.ceil((2 * (skip + take) * size) / matches);
    const found = await read(
      tx,
      queries.walk(Math.min(Math.max(rows, walked.least), walked.most)),
      settings.walk,
    );
    return { ...found, isFull: found.total.isExact || found.total.n >= skip + take };
  };
  const settled = (found: Found, known: Total | undefined): Found => ({
    rows: found.rows,
    total: carried ?? (found.total.isExact ? found.total : (known ?? found.total)),
  });
  let total = carried;
  if (total === undefined && isByStreams && (await isAboveBound(tx, queries)))
    total = { n: mostCounted, isExact: false };
  const estimated = total !== undefined || size > longList ? await estimate(tx, queries) : 0;
  if (total !== undefined || estimated > 1.5 * mostCounted) {
    const found = await walk(Math.max(estimated, mostCounted));
    if (found.isFull) return settled(found, total);
  }
  if (total === undefined) {
    const found = await read(tx, queries.matches(mostCounted), byIndex);
    if (found.total.n <= mostCounted) return found;
    total = { n: mostCounted, isExact: false };
  }
  const last = await walk(mostCounted);
  return settled(last.isFull ? last : await all(), total);
}

/** The planner's estimate of how many tasks match, which decides about the order of attempts alone. */
async function estimate(tx: Transaction, queries: TaskListQueries): Promise<number> {
  const { text, values } = queries.estimate();
  const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(text, values);
  return row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}

async function isAboveBound(tx: Transaction, queries: TaskListQueries): Promise<boolean> {
  const { text, values } = queries.count(mostCounted + 1);
  const [counted] = await tx.query<{ total: number }>(text, values);
  return (counted?.total ?? 0) > mostCounted;
}

/**
 * Settings of the planner for the statement that follows. Its estimate of how frequent a word is can be far off, so the way to read is
 * chosen here: a walk reads indexes in their order, a search reads the index of words. A bitmap that exceeds `work_mem` forgets which rows
 * it is about, and all rows of their pages are compared anew: 200 ms instead of 60 for a word of 100,000 tasks.
 */
const settings = {
  walk: set({ enable_seqscan: 'off', enable_bitmapscan: 'off', enable_indexscan: 'on' }),
  search: set({ enable_seqscan: 'off', enable_bitmapscan: 'on', enable_indexscan: 'off' }),
  filter: set({ enable_seqscan: 'off', enable_bitmapscan: 'on', enable_indexscan: 'on' }),
};

function set(options: Record<string, string>): string {
  return `SELECT ${Object.entries({ ...options, plan_cache_mode: 'force_custom_plan', work_mem: '32MB' })
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(', ')}`;
}

async function read(db: Queryable, { text, values }: Statement, setting?: string): Promise<Found> {
  // one that fails makes the statement behind it fail, too
  if (setting !== undefined) db.query(setting).catch(() => undefined);
  const rows = await db.query<ListRow>(text, values);
  const { total = 0, is_exact: isExact = true } = rows[0] ?? {};
  return { rows: rows.filter(({ id }) => id !== null), total: { n: total, isExact } };
}

/** Whether the indexes of the streams have all that the filters are about, which is one column. */
function isIndexed(filters: Filter[]): boolean {
  const columns = new Set(filters.map(({ column }) => column));
  return columns.size === 1 && !columns.has(undefined);
}

/** Whether one index has all tasks of the list in order. */
function isByDate(
  actor: Actor,
  { sort, status, project_id, include_archived, include_drafts }: TaskListing,
): boolean {
  if (include_archived || include_drafts) return false;
  return sort === 'created_at' && !status && (project_id !== undefined || actor.role === 'admin');
}
