import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';

const app = useSharedApp();
let owner: Client;
let colleague: Client;
let project: Json;
const tasks: Record<string, Json> = {};
type Query = Record<string, string | number | boolean>;

const list = (query: Query, client = owner): Promise<Json> =>
  data(200, client.get('/api/tasks/', { query: { project_id: project.id, ...query } }));
const titles = async (query: Query, client = owner): Promise<string[]> =>
  (await list(query, client)).items.map(({ title }: Json) => title);
const found = async (query: Query, client = owner) => (await titles(query, client)).toSorted();

beforeAll(async () => {
  [owner, colleague] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await makeProject(owner);
  await data(
    200,
    owner.put(`/api/projects/${project.id}/members/${colleague.user.id}`, { role: 'developer' }),
  );
  const rows: [string, Client, Record<string, unknown>][] = [
    ['bug', owner, { type: 'bug', priority: 'urgent', due_at: '2020-01-01', assigned_to: owner.user.id }],
    ['spike', owner, { type: 'spike', priority: 2, due_at: '2999-01-01' }],
    ['planned', colleague, { status: 'planned', priority: 'low', blocker: 'Waits' }],
    ['running', owner, { status: 'running', assigned_to: colleague.user.id }],
    ['done', owner, { status: 'completed', due_at: '2020-01-02', priority: 9 }],
    ['failed', owner, { status: 'failed', due_at: '2020-01-03' }],
  ];
  for (const [title, client, fields] of rows)
    tasks[title] = await makeTask(client, project, { title, ...fields });
});

test.each<[Query, string[]]>([
  [{ type: 'bug' }, ['bug']],
  [{ type: 'bug,spike' }, ['bug', 'spike']],
  [{ type: 'task' }, ['done', 'failed', 'planned', 'running']],
  [{ priority_name: 'urgent' }, ['bug', 'spike']],
  [{ priority_name: 'low' }, ['planned']],
  [{ priority: 2 }, ['bug', 'spike']],
  [{ blocked: true }, ['planned']],
  [{ blocked: false }, ['bug', 'done', 'failed', 'running', 'spike']],
  [{ due_before: '2020-01-03T00:00:00Z' }, ['bug', 'done']],
  [{ due_after: '2020-01-03T00:00:00Z' }, ['failed', 'spike']],
  [{ due_after: '2020-01-02T00:00:00Z', due_before: '2020-01-03T00:00:00Z' }, ['done']],
  [{ overdue: true }, ['bug', 'failed']],
  [{ overdue: false }, ['done', 'planned', 'running', 'spike']],
  [{ status: 'backlogged' }, ['bug', 'spike']],
  [{ status: 'planned' }, ['planned']],
  [{ status: 'progressed' }, ['failed', 'running']],
  [{ status: 'pending' }, ['bug', 'planned', 'spike']],
  [{ status: 'planned,completed' }, ['done', 'planned']],
  [{ status: 'backlogged,planned' }, ['bug', 'planned', 'spike']],
  [{ assigned_to: 'me' }, ['bug']],
  [{ assigned_to: 'none' }, ['done', 'failed', 'planned', 'spike']],
  [{ created_by: 'me' }, ['bug', 'done', 'failed', 'running', 'spike']],
  [{ type: 'bug', overdue: true, assigned_to: 'me', search: 'bug', priority_name: 'urgent' }, ['bug']],
  [{ type: 'bug', status: 'planned' }, []],
])('%j finds %j', async (query, expected) => {
  expect(await found(query)).toEqual(expected);
  expect(await list(query)).toMatchObject({ total: expected.length, total_is_exact: true });
});

test('`me` is whoever asks', async () => {
  expect(await found({ assigned_to: 'me' }, colleague)).toEqual(['running']);
  expect(await found({ created_by: 'me' }, colleague)).toEqual(['planned']);
  expect(await found({ created_by: colleague.user.id })).toEqual(['planned']);
});

test.each([
  'type=epic',
  'priority_name=highest',
  'blocked=yes',
  'overdue=1',
  'due_before=tomorrow',
  'assigned_to=nobody',
  'created_by=none',
  'parent_id=x',
  'include_archived=',
  'sort=due',
])('the filter %s is refused or ignored when it is empty', async (query) => {
  const { status } = await owner.get(`/api/tasks/?${query}`);
  expect(status).toBe(query.endsWith('=') ? 200 : 422);
});

describe('sorted by due date', () => {
  test('what is never due comes last, and pages by cursor neither skip nor repeat', async () => {
    const byDate = ['bug', 'done', 'failed', 'spike'];
    const ascending = await titles({ sort: 'due_at', order: 'asc' });
    expect(ascending.slice(0, 4)).toEqual(byDate);
    expect(await titles({ sort: 'due_at', order: 'desc' })).toEqual(ascending.toReversed());
    for (const order of ['asc', 'desc']) {
      const walked: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Json = await list({
          sort: 'due_at',
          order,
          page_size: 1,
          ...(cursor === null ? {} : { cursor }),
        });
        walked.push(...page.items.map(({ title }: Json) => title));
        cursor = page.next_cursor;
      } while (cursor !== null);
      expect(walked).toEqual(order === 'asc' ? ascending : ascending.toReversed());
    }
  });
});

test('sorted by number', async () => {
  const numbers = Object.values(tasks).map(({ ref }) => Number(ref.split('-')[1]));
  const listed = (await list({ sort: 'number', order: 'asc' })).items.map(({ ref }: Json) =>
    Number(ref.split('-')[1]),
  );
  expect(listed).toEqual(numbers.toSorted((one, other) => one - other));
});
