import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, refusal, show, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';

const app = useSharedApp();
let owner: Client;
let developer: Client;
let viewer: Client;
let stranger: Client;
let project: Json;
beforeAll(async () => {
  [owner, developer, viewer, stranger] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await makeProject(owner);
  for (const [user, role] of [
    [developer, 'developer'],
    [viewer, 'viewer'],
  ] as const)
    await data(200, owner.put(`/api/projects/${project.id}/members/${user.user.id}`, { role }));
});

const path = (task: Json, comment?: Json) =>
  `/api/tasks/${task.id}/comments${comment ? `/${comment.id}` : ''}`;
const say = (client: Client, task: Json, body: string): Promise<Json> =>
  data(201, client.post(path(task), { body }));
const list = async (task: Json, query = {}): Promise<Json[]> =>
  (await data(200, owner.get(path(task), { query }))).items;

test('a comment is kept as it was sent, listed, changed and deleted', async () => {
  const task = await makeTask(owner, project);
  const body = '  **Bold** <script>alert(1)</script>\r\n\n- [x] 漢字 \u{1f600} @nobody-here\n';
  const made = await say(developer, task, body);
  expect(made).toEqual({
    id: expect.any(String),
    task_id: task.id,
    author_id: developer.user.id,
    author_name: developer.user.username,
    imported_author: null,
    body,
    mentions: [],
    created_at: expect.stringMatching(/Z$/),
    updated_at: made.created_at,
    version: 1,
  });
  const second = await say(owner, task, 'Second');
  expect((await list(task)).map(({ id }) => id)).toEqual([second.id, made.id]);
  expect((await list(task, { order: 'asc' })).map(({ id }) => id)).toEqual([made.id, second.id]);
  expect(await data(200, viewer.get(path(task, made)))).toEqual(made);

  const changed = await data(200, developer.put(path(task, made), { body: 'Changed', version: 1 }));
  expect(changed).toMatchObject({ body: 'Changed', version: 2 });
  expect(await refusal(developer.put(path(task, made), { body: 'Stale', version: 1 }))).toBe(
    '409 VERSION_CONFLICT',
  );
  await data(200, developer.delete(path(task, made)));
  expect(await refusal(developer.get(path(task, made)))).toBe('404 RESOURCE_NOT_FOUND');
  expect(await list(task)).toHaveLength(1);
  const { history } = await data(200, owner.get(`/api/tasks/${task.id}/history`));
  expect(history.map(({ action }: Json) => action)).toEqual([
    'created',
    'commented',
    'commented',
    'comment_changed',
    'comment_deleted',
  ]);
  expect(JSON.stringify(history)).not.toContain('Changed');
});

test('only people who can see the task are mentioned', async () => {
  const task = await makeTask(owner, project);
  const names = [developer, viewer, stranger, app.admin].map(({ user }) => `@${user.username.toUpperCase()}`);
  const { mentions, id } = await say(owner, task, `Look, ${names.join(', ')} and @nobody!`);
  const mentioned = [developer, viewer, app.admin].map(({ user }) => ({
    user_id: user.id,
    username: user.username,
  }));
  expect(mentions).toEqual(expect.arrayContaining(mentioned));
  expect(mentions).toHaveLength(3);
  const changed = await data(200, owner.put(path(task, { id }), { body: `@${viewer.user.username}` }));
  expect(changed.mentions).toEqual([{ user_id: viewer.user.id, username: viewer.user.username }]);
});

describe('the rights to a comment', () => {
  test('viewers read, nobody changes those of others, owners and administrators delete any', async () => {
    const task = await makeTask(owner, project);
    const one = await say(developer, task, 'Mine');
    expect(await refusal(viewer.post(path(task), { body: 'No' }))).toBe('403 PROJECT_ACCESS_DENIED');
    for (const client of [owner, app.admin])
      expect(await refusal(client.put(path(task, one), { body: 'Not mine' }))).toBe(
        '403 PROJECT_ACCESS_DENIED',
      );
    const other = await say(owner, task, 'Of the owner');
    expect(await refusal(developer.delete(path(task, other)))).toBe('403 PROJECT_ACCESS_DENIED');
    await data(200, owner.delete(path(task, one)));
    await data(200, app.admin.delete(path(task, other)));
  });

  test('who may not see the task gets 404 for all of it', async () => {
    const task = await makeTask(owner, project);
    const one = await say(owner, task, 'Hidden');
    for (const answer of [
      stranger.get(path(task)),
      stranger.post(path(task), { body: 'x' }),
      stranger.get(path(task, one)),
      stranger.put(path(task, one), { body: 'x' }),
      stranger.delete(path(task, one)),
    ])
      expect(await refusal(answer)).toBe('404 TASK_NOT_FOUND');
    // one of another task
    const elsewhere = await makeTask(stranger, await makeProject(stranger));
    expect(await refusal(stranger.get(path(elsewhere, one)))).toBe('404 RESOURCE_NOT_FOUND');
  });
});

test.each([[{}], [{ body: ' \n ' }], [{ body: 7 }], [{ body: 'x'.repeat(20_001) }]])(
  'the body %j is refused',
  async (body) => {
    const task = await makeTask(owner, project);
    expect((await owner.post(path(task), body)).status).toBe(422);
    expect(await list(task)).toEqual([]);
  },
);

describe('the words of comments', () => {
  const found = async (search: string): Promise<string[]> => {
    const { items } = await data(
      200,
      owner.get('/api/tasks/', { query: { project_id: project.id, search } }),
    );
    return items.map(({ id }: Json) => id);
  };

  test('are found with those of the task, and no more when they are gone', async () => {
    const task = await makeTask(owner, project, { title: 'Quokka', description: 'jumps' });
    const comment = await say(owner, task, 'over the wallaby in src/marsupial.ts');
    expect(await found('quokka wallaby')).toEqual([task.id]);
    expect(await found('comment:marsupial jumps')).toEqual([task.id]);
    expect(await found('title:wallaby')).toEqual([]);
    expect(await found('quokka -wallaby')).toEqual([]);
    expect(await found('"over the wallaby"')).toEqual([task.id]);
    await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'Numbat' }));
    expect(await found('numbat wallaby')).toEqual([task.id]);
    await data(200, owner.put(path(task, comment), { body: 'over the bandicoot' }));
    expect(await found('wallaby')).toEqual([]);
    expect(await found('numbat bandicoot')).toEqual([task.id]);
    await data(200, owner.delete(path(task, comment)));
    expect(await found('bandicoot')).toEqual([]);
    expect(await found('numbat jumps')).toEqual([task.id]);
  });

  test('that are too many to be indexed are kept all the same', async () => {
    const task = await makeTask(owner, project);
    for (let part = 0; part < 9; part += 1) {
      const words = Array.from({ length: 2_400 }, (_, index) => `w${part}x${index}y`).join(' ');
      expect(words.length).toBeLessThan(20_000 * 1.2);
      await data(201, owner.post(path(task), { body: words.slice(0, 20_000) }));
    }
    expect(await found('w0x7y')).toEqual([task.id]);
    expect(await list(task)).toHaveLength(9);
  });

  test('a ref finds its task, also one of before', async () => {
    const task = await makeTask(owner, project, { title: 'Found by its ref' });
    const mention = await makeTask(owner, project, { title: `Like ${task.ref}` });
    expect((await found(task.ref)).toSorted()).toEqual([task.id, mention.id].toSorted());
    const elsewhere = await makeProject(owner);
    await data(200, owner.post(`/api/tasks/${mention.id}/move`, { project_id: elsewhere.id }));
    const { items } = await data(200, owner.get('/api/tasks/', { query: { search: mention.ref } }));
    expect(items.map(({ id }: Json) => id)).toEqual([mention.id]);
    const theirs = await data(200, stranger.get('/api/tasks/', { query: { search: task.ref } }));
    expect(theirs.items).toEqual([]);
  });
});

test('a task has a thousand comments at most, and its project counts their bytes', async () => {
  const task = await makeTask(owner, project);
  await app.query(
    `INSERT INTO comments (id, task_id, author_id, body) SELECT gen_random_uuid(), $1, $2, 'x' FROM generate_series(1, 999)`,
    [task.id, owner.user.id],
  );
  const bytes = async () =>
    Number(
      (
        await app.query<{ n: string }>('SELECT sum(bytes) AS n FROM task_counts WHERE project_id = $1', [
          project.id,
        ])
      )[0]!.n,
    );
  const before = await bytes();
  await say(owner, task, 'y'.repeat(1_000));
  expect((await bytes()) - before).toBeGreaterThanOrEqual(1_000);
  expect(await refusal(owner.post(path(task), { body: 'One more' }))).toBe('409 RESOURCE_LIMIT_EXCEEDED');
});

test('an archived task takes comments, a draft shows them to nobody else', async () => {
  const archived = await makeTask(owner, project);
  await data(200, owner.post(`/api/tasks/${archived.id}/archive`));
  await say(developer, archived, 'Later');
  const draft = await makeTask(owner, project, { draft: true });
  await say(owner, draft, 'Secret');
  expect(await refusal(developer.get(path(draft)))).toBe('404 TASK_NOT_FOUND');
  expect(await show(owner, draft)).toMatchObject({ is_draft: true });
});
