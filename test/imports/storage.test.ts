import { beforeAll, expect, test } from 'vitest';
import { data, makeProject, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { fileOf, imported, send } from './files.js';

const app = useSharedApp();
let owner: Client;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
});

const storedBytes = async ({ id }: Json) => {
  const [row] = await app.query<{ bytes: string }>(
    'SELECT coalesce(sum(bytes), 0) AS bytes FROM output_usage WHERE owner = $1',
    [id],
  );
  return Number(row!.bytes);
};

test('the labels of a file count for the limit of the project', async () => {
  const project = await makeProject(owner);
  await app.query(
    `INSERT INTO labels (id, project_id, name) SELECT gen_random_uuid(), $1, 'label ' || n FROM generate_series(1, 19998) AS n`,
    [project.id],
  );
  const file = (...names: string[]) => fileOf([], { labels: names.map((name) => ({ name })) });
  const refused = await send(owner, project, 'import', file('one', 'two', 'three', 'label 1'));
  expect([refused.status, refused.body.error.code, refused.body.error.details]).toEqual([
    409,
    'RESOURCE_LIMIT_EXCEEDED',
    { limit: 'labels', value: 20_000 },
  ]);
  expect(await imported(owner, project, file('one', 'two', 'label 1'))).toMatchObject({ labels: 2 });
});

test('links and the tags of notes count for the storage of the project, until they are deleted', async () => {
  const project = await makeProject(owner, { resource_limits: { storage_limit: '10KB' } });
  const link = (n: number) => ({ name: `Link ${n}`, url: `https://example.com/${'x'.repeat(1_900)}${n}` });
  const note = (links: number, tags: string[] = []) =>
    fileOf([], {
      documents: [
        { kind: 'memory', body: 'note', tags, attachments: Array.from({ length: links }, (_, n) => link(n)) },
      ],
    });
  const refused = await send(owner, project, 'import', note(6));
  expect([refused.status, refused.body.error.code]).toEqual([409, 'PROJECT_LIMIT_EXCEEDED']);
  expect(await storedBytes(project)).toBe(0);
  await imported(owner, project, note(0, ['a'.repeat(50)]));
  expect(await storedBytes(project)).toBe(4 + 256 + 50);
  const sent = { ...link(0), linked_type: 'project', linked_id: project.id };
  const { id, size } = await data(201, owner.post('/api/attachments/', sent));
  expect(size).toBe(0);
  expect(await storedBytes(project)).toBeGreaterThan(310 + 1_900);
  await data(200, owner.delete(`/api/attachments/${id}`));
  expect(await storedBytes(project)).toBe(310);
});

test('comments with the same text by others are told apart, however many there are', async () => {
  const project = await makeProject(owner);
  const file = (author: string) =>
    fileOf([
      {
        external_ref: 'X-1',
        title: 'Discussed',
        comments: Array.from({ length: 400 }, (_, n) => ({ author: `${author}${n}`, body: 'x' })),
      },
    ]);
  await imported(owner, project, file('a'));
  expect(await imported(owner, project, file('a'))).toMatchObject({ update: 0, skip: 1 });
  expect(await imported(owner, project, file('b'))).toMatchObject({ update: 1 });
});
