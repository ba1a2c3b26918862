import { beforeAll, describe, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { data, makeProject, makeTask, reached, refusal, type Json } from './steps.js';

type Query = Record<string, string | number>;

const app = useSharedApp();
let owner: Client;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
});

/** The items of each page of a list, gone through by cursor. @param between is done after each page */
async function walk(
  client: Client,
  path: string,
  query: Query = {},
  between: (page: Json) => Promise<unknown> = async () => undefined,
): Promise<Json[]> {
  const seen: Json[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Json = await data(200, client.get(path, { query: cursor ? { ...query, cursor } : query }));
    seen.push(...itemsOf(page));
    cursor = page.next_cursor as string | null;
    await between(page);
  }
  return seen;
}

const itemsOf = (page: Json): Json[] => page.items ?? page.sessions ?? page.executions ?? page.commands;
const idOf = (item: Json): string => item.id ?? item.session_id ?? item.execution_id ?? item.command_id;

describe('pagination by cursor', () => {
  test.each([
    ['created_at', 'asc'],
    ['created_at', 'desc'],
    ['updated_at', 'asc'],
    ['updated_at', 'desc'],
    ['priority', 'asc'],
    ['priority', 'desc'],
    ['title', 'asc'],
    ['title', 'desc'],
  ])(
    'of tasks by %s %s skips and repeats nothing while tasks are created and deleted',
    async (sort, order) => {
      const project = await makeProject(owner);
      const made: Json[] = [];
      for (let n = 0; n < 9; n += 1)
        made.push(
          await makeTask(owner, project, { title: `Zoë's ${'ab'[n % 2]} ${n % 3}`, priority: 1 + (n % 3) }),
        );
      const query = { project_id: project.key, sort, order, page_size: 2 };
      const before = (await data(200, owner.get('/api/tasks/', { query: { ...query, page_size: 100 } })))
        .items;
      const removed: string[] = [];
      const seen = await walk(owner, '/api/tasks/', query, async (page) => {
        // what was shown goes, which would move the rest a page ahead; what comes before would move it back
        const [first] = page.items as Json[];
        if (first && removed.push(first.id as string))
          await data(200, owner.delete(`/api/tasks/${first.id}`));
        if (removed.length < 3) await makeTask(owner, project, { title: 'New', priority: 2 });
      });
      const ids = seen.map(idOf);
      const old = new Set(made.map(idOf));
      expect(ids.filter((id) => old.has(id))).toEqual(before.map(idOf));
      expect(new Set(ids).size).toBe(ids.length);
    },
  );

  test('keeps filters, search and the total of the first page, and returns links to the next pages', async () => {
    const project = await makeProject(owner);
    for (let n = 0; n < 5; n += 1)
      await makeTask(owner, project, { title: `Walk ${n}`, tags: n === 2 ? [] : ['walked'] });
    const path = `/api/projects/${project.key}/tasks`;
    const titles = async (query: Query) => (await walk(owner, path, query)).map(({ title }) => title);
    expect(await titles({ page_size: 3, tags: 'walked', order: 'asc' })).toEqual([
      'Walk 0',
      'Walk 1',
      'Walk 3',
      'Walk 4',
    ]);
    expect(await titles({ page_size: 2, search: 'walk', sort: 'title', order: 'asc' })).toEqual(
      [0, 1, 2, 3, 4].map((n) => `Walk ${n}`),
    );
    const first = await data(200, owner.get(path, { query: { page_size: 2 } }));
    const second = await data(200, owner.get(path, { query: { page_size: 2, cursor: first.next_cursor } }));
    expect(second).toMatchObject({ total: 5, page: 2, pages: 3, has_next: true, has_previous: false });
    expect(second.pagination.links.previous).toBeNull();
    const third = await data(200, owner.get(second.pagination.links.next as string));
    expect(third).toMatchObject({ page: 3, has_next: false, next_cursor: null });
    expect(third.items.map(({ title }: Json) => title)).toEqual(['Walk 0']);
    // a page by its number leads on by cursor, too
    const numbered = await data(200, owner.get(path, { query: { page_size: 2, page: 2 } }));
    expect(numbered.next_cursor).toBe(second.next_cursor);
    expect(numbered.pagination.links.next).toContain('page=3');
    await data(200, owner.delete(`/api/projects/${project.id}`));
    expect(await refusal(owner.get(path, { query: { cursor: first.next_cursor, page_size: 2 } }))).toBe(
      '404 PROJECT_NOT_FOUND',
    );
  });

  test('refuses a cursor that is malformed or of another list', async () => {
    const project = await makeProject(owner);
    for (let n = 0; n < 2; n += 1) await makeTask(owner, project, { title: `Task ${n}` });
    const query = { project_id: project.key, page_size: 1 };
    const { next_cursor: cursor } = await data(200, owner.get('/api/tasks/', { query }));
    const [fingerprint] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const bad: [Query, string?][] = [
      [{ ...query, cursor: 'x' }],
      [{ ...query, cursor: `${cursor}AAAA` }],
      [{ ...query, cursor: cursor.slice(0, -8) }],
      [{ ...query, cursor: 'x'.repeat(10_001) }],
      [{ ...query, cursor: forged([fingerprint, ['yesterday', project.id], []]) }],
      [{ ...query, cursor: forged([fingerprint, ['0000-01-01T00:00:00.000Z', project.id], []]) }],
      [{ ...query, cursor: forged([fingerprint, [new Date().toISOString(), 'x'], []]) }],
      [{ ...query, cursor: forged([fingerprint, [new Date().toISOString()], []]) }],
      [{ ...query, cursor: forged([fingerprint, [new Date().toISOString(), project.id], [-1]]) }],
      [{ ...query, cursor, sort: 'title' }],
      [{ ...query, cursor, order: 'asc' }],
      [{ ...query, cursor, status: 'pending' }],
      [{ page_size: 1, cursor }],
      [{ ...query, cursor, page: 2 }, 'page'],
    ];
    for (const [sent, field = 'cursor'] of bad) {
      const { status, body } = await owner.get('/api/tasks/', { query: sent });
      expect([sent, status, body.error.details.field]).toEqual([sent, 422, field]);
    }
    // of another size is the same list
    expect((await owner.get('/api/tasks/', { query: { ...query, cursor, page_size: 9 } })).status).toBe(200);
  });

  test('works for every list', async () => {
    const project = await makeProject(app.admin);
    await makeProject(app.admin);
    const session = (await data(201, app.admin.post('/api/sessions/', { project_id: project.id })))
      .session_id;
    await data(201, app.admin.post('/api/sessions/', { project_id: project.id }));
    const within = { headers: { 'x-session-id': session } };
    const task = await makeTask(app.admin, project, { title: 'Run twice', command: 'true' });
    const webhook = await data(
      201,
      app.admin.post('/api/webhooks/', {
        url: 'http://192.0.2.1/',
        events: ['task.*'],
        project_id: project.id,
      }),
    );
    await data(201, app.admin.post('/api/webhooks/', { url: 'http://192.0.2.1/', events: ['task.*'] }));
    for (let n = 0; n < 3; n += 1) {
      await data(200, app.admin.put(`/api/tasks/${task.id}`, { title: `Run ${n}` }, within));
      await data(202, app.admin.post(`/api/tasks/${task.id}/execute`, {}));
      await reached(app.admin, task, 'completed');
      await data(
        200,
        app.admin.post('/api/commands/execute', { command: `echo ${n}`, stream_output: false }),
      );
      await data(
        201,
        app.admin.post('/api/personal-access-tokens/', { label: `${n}`, scopes: ['tasks.read'] }),
      );
    }
    await app.admin.as(app.admin.credentials!);
    const lists: [path: string, size: string][] = [
      ['/api/projects/?sort=name', 'page_size'],
      ['/api/projects/?sort=updated_at', 'page_size'],
      ['/api/users/', 'page_size'],
      ['/api/users/?search=@', 'page_size'],
      ['/api/sessions/', 'page_size'],
      [`/api/sessions/${session}/history`, 'page_size'],
      [`/api/tasks/${task.id}/executions`, 'limit'],
      ['/api/commands/history?status=completed', 'limit'],
      ['/api/personal-access-tokens/', 'page_size'],
      ['/api/webhooks/', 'page_size'],
      [`/api/webhooks/${webhook.id}/deliveries?event=task.updated`, 'page_size'],
      ['/api/auth/sessions', 'page_size'],
    ];
    for (const [address, size] of lists) {
      const { pathname, searchParams } = new URL(address, app.url);
      const query = Object.fromEntries(searchParams);
      // the other files with this server may have made more than a page of them
      const whole = await walk(app.admin, pathname, { ...query, [size]: 100 });
      const pieces = await walk(app.admin, pathname, { ...query, [size]: 1 });
      expect(whole.length).toBeGreaterThan(1);
      expect([address, pieces.map(idOf)]).toEqual([address, whole.map(idOf)]);
    }
    // the latest is last within a page, and the pages lead back
    const path = `/api/tasks/${task.id}/history`;
    const whole = (await data(200, app.admin.get(path))).history.map(idOf);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Json = await data(200, app.admin.get(path, { query: { limit: 2, cursor } }));
      seen.unshift(...page.history.map(idOf));
      cursor = page.next_cursor as string | null;
    }
    expect(whole.length).toBeGreaterThan(4);
    expect(seen).toEqual(whole);
    expect(await refusal(app.admin.get('/api/commands/history', { query: { cursor: 'x', offset: 1 } }))).toBe(
      '422 VALIDATION_INVALID_FORMAT',
    );
  });
});
