import { Client as Postgres } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { PageWindow } from '../../src/http/pagination.js';
import { sortKeys, TaskListQueries } from '../../src/tasks/task-list.queries.js';
import { taskListQuery } from '../../src/tasks/task-list.schema.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { data, makeProject, type Json } from './steps.js';

type Query = Record<string, string | number>;
type Task = Record<'id' | 'project_id' | 'status' | 'title', string> & { priority: number; at: number };

const app = useApp();
const sorts = ['created_at', 'updated_at', 'priority', 'title', 'due_at', 'number'] as const;
let owner: Client;
let projects: Json[];
let hidden: Json;

/** Adds tasks to a project: with few different values of each sort key but the number, and in all statuses. */
async function fill(project: Json, count: number, by: Client, isArchived = false): Promise<void> {
  await app.query(
    `INSERT INTO tasks (id, project_id, number, title, status, priority, created_by, tags, created_at, updated_at, due_at,
                        is_archived, archived_at)
     SELECT gen_random_uuid(), $1, CASE WHEN $4 THEN 100000 ELSE 1000 END + n, (ARRAY['alpha', 'beta', 'Gamma', 'delta x'])[1 + n % 4],
            (ARRAY['pending', 'completed', 'failed', 'cancelled'])[1 + n / 7 % 4], 1 + n % 9, $2,
            CASE WHEN n % 10 = 0 THEN ARRAY['tenth'] ELSE '{}' END,
            now() - interval '1 minute' * (n / 3), now() - interval '1 minute' * (n % 50),
            CASE WHEN n % 4 = 0 THEN 'infinity' ELSE now() + interval '1 day' * (n % 11) END,
            $4, CASE WHEN $4 THEN now() END
       FROM generate_series(1, $3::int) AS n`,
    [project.id, by.user.id, count, isArchived],
  );
  await app.query('VACUUM ANALYZE tasks');
}

/** The ids of the tasks in an order, as Postgres sorts all of them. */
async function reference(
  sort: (typeof sorts)[number],
  order: string,
  condition: string,
  listed = 'NOT is_archived',
): Promise<string[]> {
  const rows = await app.query<Task>(
    `SELECT id FROM tasks t WHERE deleted_at IS NULL AND ${listed} AND ${condition} ORDER BY ${sort} ${order}, id ${order}`,
  );
  return rows.map(({ id }) => id);
}

const ids = (page: Json): string[] => page.items.map(({ id }: { id: string }) => id);
const list = (client: Client, query: Query): Promise<Json> => data(200, client.get('/api/tasks', { query }));

/** Reads pages by cursor, the first of them as the query says. @param most the number of pages after which it ends */
async function byCursor(client: Client, query: Query, most = Infinity): Promise<string[]> {
  return afterPage(client, query, await list(client, query), most);
}

/** The ids of a page and of those behind it, read by cursor. */
async function afterPage(client: Client, query: Query, first: Json, most = Infinity): Promise<string[]> {
  const { page: _, ...rest } = query;
  const seen = ids(first);
  let cursor = first.next_cursor as string | null;
  for (let pages = 1; cursor !== null && pages < most; pages += 1) {
    const page = await list(client, { ...rest, cursor });
    seen.push(...ids(page));
    cursor = page.next_cursor as string | null;
  }
  return seen;
}

/** Reads all pages behind a first one by their number, the last one first. @returns the ids of all */
async function byNumber(client: Client, query: Query, first: Json): Promise<string[]> {
  const seen: string[] = [];
  for (let page = first.pages as number; page > 1; page -= 1)
    seen.unshift(...ids(await list(client, { ...query, page })));
  return [...ids(first), ...seen];
}

beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  const stranger = await app.admin.createUser('developer');
  projects = [await makeProject(owner), await makeProject(owner), await makeProject(owner)];
  hidden = await makeProject(stranger, { visibility: 'private' });
  // pages that skip more than 200 tasks are read in another way, so one project alone has such a page
  for (const [n, project] of projects.entries()) await fill(project, [60, 80, 290][n]!, owner);
  await fill(hidden, 80, stranger);
  for (const project of projects) await fill(project, 120, owner, true);
});

test.each(sorts.flatMap((sort) => [[sort, 'asc'] as const, [sort, 'desc'] as const]))(
  'sorted by %s %s, pages from both ends and by cursor list all tasks in order',
  async (sort, order) => {
    const mine = `project_id IN (${projects.map(({ id }) => `'${id}'`).join(', ')})`;
    const lists: [client: Client, query: Query, condition: string][] = [
      [owner, { project_id: projects[2]!.id }, `project_id = '${projects[2]!.id}'`],
      [
        owner,
        { project_id: projects[2]!.key, status: 'failed' },
        `project_id = '${projects[2]!.id}' AND status = 'failed'`,
      ],
      [owner, {}, mine],
      [owner, { status: 'pending,failed' }, `${mine} AND status IN ('pending', 'failed')`],
      [owner, { priority: 3 }, `${mine} AND priority <= 3`],
      [
        owner,
        { search: 'delta OR tag:tenth', priority: 8 },
        `${mine} AND priority <= 8 AND (title = 'delta x' OR tags = '{tenth}')`,
      ],
      [owner, { include_archived: 'true' }, mine],
      [
        owner,
        { include_archived: 'true', search: 'delta OR tag:tenth', priority: 8 },
        `${mine} AND priority <= 8 AND (title = 'delta x' OR tags = '{tenth}')`,
      ],
      [app.admin, {}, 'true'],
      [app.admin, { status: 'completed' }, `status = 'completed'`],
    ];
    // each of the lists by each key, and in each order by half of the keys: what it lists and how it is sorted are apart
    const some = lists.filter((_, n) => (n + sorts.indexOf(sort)) % 2 === Number(order === 'desc'));
    for (const [client, filters, condition] of some) {
      const listed = filters['include_archived'] ? 'true' : 'NOT is_archived';
      const expected = await reference(sort, order, condition, listed);
      expect(expected.length).toBeGreaterThan(50);
      const query = { ...filters, sort, order, page_size: 90 };
      const first = await list(client, query);
      expect(first).toMatchObject({ total: expected.length, total_is_exact: true });
      expect(await byNumber(client, query, first)).toEqual(expected);
      expect(await afterPage(client, query, first)).toEqual(expected);
    }
  },
);

test('no list contains a task of a project that is not visible to the user', async () => {
  // what a list without these filters has is compared above, task by task
  for (const sort of sorts)
    for (const filters of [
      { search: 'alpha' },
      { tags: 'tenth' },
      { created_after: '2020-01-01T00:00:00Z' },
    ] as Query[]) {
      // the least numbers are those of all projects
      const query = { ...filters, sort, page_size: 100, order: sort === 'number' ? 'asc' : 'desc' };
      const hasHidden = ({ items }: Json) =>
        (items as Task[]).some(({ project_id }) => project_id === hidden.id);
      const [mine, all, theirs] = [
        await list(owner, query),
        await list(app.admin, query),
        await list(app.admin, { ...query, project_id: hidden.id, page_size: 1 }),
      ];
      expect([query, hasHidden(mine), hasHidden(all)]).toEqual([query, false, true]);
      expect([query, mine.total]).toEqual([query, all.total - theirs.total]);
    }
  const answer = await owner.get('/api/tasks', { query: { project_id: hidden.id, sort: 'title', page: 3 } });
  expect(answer.status).toBe(404);
});

test(
  'a long list has a limited total, pages beyond it, and pages that read few blocks',
  { timeout: 200_000 },
  async () => {
    const project = await makeProject(owner);
    const client = new Postgres(app.env['DATABASE_URL']);
    await client.connect();
    const actor = { id: owner.user.id, role: 'developer' } as const;
    /** The blocks that a statement of the list reads. */
    const reads = async (
      parameters: Query,
      statement: (queries: TaskListQueries, total: number) => { text: string; values: unknown[] },
    ) => {
      const query = taskListQuery.parse({ project_id: project.id, ...parameters });
      const window = new PageWindow(query, '/api/tasks', sortKeys(query.sort));
      const [row] = await app.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM tasks WHERE project_id = $1',
        [project.id],
      );
      const { text, values } = statement(new TaskListQueries(actor as never, query, window), row!.n);
      const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
      return rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks'] as number;
    };
    const window = (skip: number, isReversed = false) => ({ skip, take: 51, isReversed });
    const readAll = async () => {
      const blocks: number[] = [];
      for (const sort of sorts) {
        blocks.push(await reads({ sort }, (queries) => queries.page(window(0))));
        blocks.push(await reads({ sort, status: 'failed' }, (queries) => queries.page(window(0, true))));
        blocks.push(await reads({ sort, search: 'alpha' }, (queries) => queries.walk(200)));
      }
      return blocks;
    };
    await fill(project, 200, owner);
    await readAll();
    const before = await readAll();
    const expectFew = async () => {
      await readAll();
      for (const [n, blocks] of (await readAll()).entries())
        expect([n, blocks]).toEqual([n, expect.toSatisfy((found: number) => found < 3 * before[n]!)]);
    };
    await fill(project, 24_000, owner, true);
    await expectFew();
    await app.query('DELETE FROM tasks WHERE project_id = $1', [project.id]);
    await fill(project, 24_000, owner);
    await expectFew();
    await client.end();

    // 16,000 match, in which an index is of no use for the order
    for (const filters of [
      { priority: 6 },
      { priority: 6, sort: 'title' },
      { search: '-alpha' },
      { search: '-gamma', sort: 'priority' },
    ] as Query[]) {
      const query = { project_id: project.id, page_size: 100, ...filters };
      const first = await list(owner, query);
      const { total, pages } = first;
      // a walk that finds enough for the page ends without having counted as many
      expect(total).toSatisfy((n: number) => (filters['search'] ? n > 100 && n <= 10_000 : n === 10_000));
      expect(first).toMatchObject({ total_is_exact: false, pages: Math.ceil(total / 100), has_next: true });
      expect(first.pagination).toMatchObject({ total, total_is_exact: false, pages });
      expect(first.pagination.links.last).toContain(`page=${pages}`);
      const last = await list(owner, { ...query, page: pages });
      expect(last.has_next).toBe(true);
      const next = await data(200, owner.get(last.pagination.links.next));
      expect(next.items).toHaveLength(100);
      const sort = (filters['sort'] ?? 'created_at') as (typeof sorts)[number];
      const condition = filters['priority']
        ? 'priority <= 6'
        : filters['search'] === '-alpha'
          ? "title <> 'alpha'"
          : "title <> 'Gamma'";
      const expected = await reference(sort, 'desc', `project_id = '${project.id}' AND ${condition}`);
      expect(ids(next)).toEqual(expected.slice(pages * 100, pages * 100 + 100));
      if (sort === 'created_at') continue;
      // by cursor at the beginning, across the end of what is counted, and at the end of the list
      expect(await afterPage(owner, query, first, 4)).toEqual(expected.slice(0, 400));
      for (const page of [pages - 1, Math.ceil(expected.length / 100) - 2]) {
        const behind = expected.slice((page - 1) * 100);
        const most = behind.length > 300 ? 4 : Infinity;
        expect(await byCursor(owner, { ...query, page }, most)).toEqual(
          most === Infinity ? behind : behind.slice(0, 400),
        );
      }
    }
    // without a filter the total is exact, and so is that of what is rare
    expect(await list(owner, { project_id: project.id })).toMatchObject({
      total: 24_000,
      total_is_exact: true,
    });
    expect(await list(owner, { project_id: project.id, tags: 'tenth' })).toMatchObject({
      total: 2_400,
      total_is_exact: true,
    });
  },
);
