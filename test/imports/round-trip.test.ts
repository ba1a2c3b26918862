import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { comparable, countsOf, exported, imported, tasksOf } from './files.js';

const app = useSharedApp();
let owner: Client;
let viewer: Client;
let stranger: Client;
let project: Json;
let parent: Json;
let child: Json;
const content = randomBytes(300_001);

const place = () => `/api/projects/${project.id}`;

beforeAll(async () => {
  [owner, viewer, stranger] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await makeProject(owner, { description: 'Ünïcode\r\n"quotes" \\ </script>' });
  await data(200, owner.put(`${place()}/members/${viewer.user.id}`, { role: 'viewer' }));
  await data(201, owner.post('/api/labels/', { name: 'Ops', color: '#112233', project_id: project.id }));
  parent = await makeTask(owner, project, {
    title: 'Parent "one",\nwith =formula',
    description: '# A heading\n\n- [ ] x\n\u2028',
    due_at: '2027-01-01',
    tags: ['ops', 'new one'],
    assigned_to: owner.user.id,
    external_ref: 'JIRA-1',
    metadata: { nested: { list: [1, null, 'x'] } },
    environment: { NAME: '=1+1' },
    estimated_duration: '01:30:00',
    limits: { memory: '100MB' },
    final_exit_codes: [2],
    concurrency: { group: 'x-{{project}}', limit: 2, on_conflict: 'skip' },
    runs_on: ['gpu', 'os:linux'],
    shell: 'bash',
    artifacts: ['dist/**', '*.xml'],
  });
  child = await makeTask(owner, project, {
    title: 'Child',
    parent_id: parent.id,
    dependencies: [parent.id],
    priority: 2,
    command: 'echo hello',
    timeout: 30,
  });
  await data(201, owner.post(`/api/tasks/${child.id}/comments`, { body: `For @${viewer.user.username}` }));
  await data(201, owner.post(`/api/tasks/${child.id}/checklist`, { text: 'First', done: true }));
  await data(201, owner.post(`/api/tasks/${child.id}/checklist`, { text: 'Second' }));
  const plan = await data(201, owner.post(`/api/tasks/${child.id}/plans`, { title: 'A plan', body: 'one' }));
  await data(200, owner.put(`/api/documents/${plan.id}`, { body: 'two', change_note: 'better' }));
  const doc = await data(201, owner.post(`${place()}/docs`, { title: 'A doc', body: 'x'.repeat(5_000) }));
  await data(201, owner.post(`${place()}/memory`, { body: 'A note', tags: ['b', 'a'] }));
  const link = { linked_type: 'document', linked_id: doc.id, url: 'https://example.com/a', name: 'Link' };
  await data(201, owner.post('/api/attachments', link));
  const file = new FormData();
  file.set('linked_type', 'task');
  file.set('linked_id', child.id);
  file.set('file', new Blob([content], { type: 'application/x-thing' }), 'a file.bin');
  await data(201, owner.post('/api/attachments', file));
  const archived = await makeTask(owner, project, { title: 'Archived', status: 'completed' });
  await data(200, owner.post(`/api/tasks/${archived.id}/archive`));
  await makeTask(owner, project, { title: 'Draft', draft: true });
  await makeTask(owner, project, { title: 'Planned', status: 'planned', blocker: 'no time' });
  await makeTask(owner, project, { title: 'Failed', status: 'failed', result: 'it did not work' });
});

describe('an export as JSON', () => {
  test('is imported into an empty project as it was, with its refs, and exported again the same', async () => {
    const first = await exported(owner, project, { files: true });
    const copy = await makeProject(owner);
    expect(countsOf(await imported(owner, copy, first))).toEqual([6, 0, 0]);
    const second = await exported(owner, copy, { files: true });
    const renamed = second.replaceAll(`"${copy.key}-`, `"${project.key}-`);
    const withoutProject = (text: string) => {
      const { project: _, ...rest } = JSON.parse(comparable(text));
      return rest;
    };
    expect(withoutProject(renamed)).toEqual(withoutProject(first));
    // not only the same, but complete
    const { labels, documents, tasks } = JSON.parse(second);
    expect(labels.map(({ name, color }: Json) => [name, color])).toEqual([
      ['Ops', '#112233'],
      ['new one', null],
    ]);
    expect(documents).toMatchObject([
      { kind: 'doc', title: 'A doc', attachments: [{ name: 'Link', url: 'https://example.com/a' }] },
      { kind: 'memory', body: 'A note', tags: ['b', 'a'] },
    ]);
    expect(tasks[1]).toMatchObject({
      ref: `${copy.key}-2`,
      parent: `${copy.key}-1`,
      dependencies: [`${copy.key}-1`],
      checklist: [
        { text: 'First', done: true },
        { text: 'Second', done: false },
      ],
      comments: [{ body: `For @${viewer.user.username}`, author: owner.user.username }],
      plans: [{ title: 'A plan', body: 'two', version: 2, earlier_versions: [{ version: 1, body: 'one' }] }],
      attachments: [{ name: 'a file.bin', content: content.toString('base64') }],
    });
    const made = await tasksOf(owner, copy);
    expect(made['Planned']).toMatchObject({ workflow_status: 'planned', blocker: 'no time' });
    expect(made['Draft']).toMatchObject({ is_draft: true });
    const file = (await data(200, owner.get(`/api/tasks/${copy.key}-2/attachments`))).items[0];
    expect((await owner.get(`/api/attachments/${file.id}/content`)).bytes.equals(content)).toBe(true);
    const { items } = await data(
      200,
      owner.get('/api/tasks/', { query: { search: 'first OR for', project_id: copy.id } }),
    );
    expect(items.map(({ title }: Json) => title)).toEqual(['Child']);
  });

  test('changes nothing when it is imported again, here and elsewhere', async () => {
    const text = await exported(owner, project, { files: true });
    const copy = await makeProject(owner);
    await imported(owner, copy, text);
    const before = [await exported(owner, project), await exported(owner, copy)];
    for (const target of [project, copy]) {
      const plan = await imported(owner, target, text);
      expect(countsOf(plan)).toEqual([0, 0, 6]);
      expect(plan).toMatchObject({ documents: { create: 0, update: 0, skip: 2 }, labels: 0, changes: [] });
    }
    const now = (one: string) => one.replace(/"exported_at":"[^"]+"/, '');
    expect([await exported(owner, project), await exported(owner, copy)].map(now)).toEqual(before.map(now));
  });

  test('has a line for each task, and what the viewer may not see is left out', async () => {
    const lines = (await exported(viewer, project)).split('\n');
    const titles = lines.flatMap(
      (line) => /^\{"id":"[^"]+","ref":.*?"title":"(.*?)(?<!\\)"/.exec(line)?.[1] ?? [],
    );
    expect(titles.map((title) => JSON.parse(`"${title}"`))).toEqual([
      'Parent "one",\nwith =formula',
      'Child',
      'Archived',
      'Planned',
      'Failed',
    ]);
    expect(await refusal(stranger.get(`${place()}/export`))).toBe('404 PROJECT_NOT_FOUND');
    expect(await refusal(owner.get(`${place()}/export`, { query: { format: 'xml' } }))).toBe(
      '422 VALIDATION_ERROR',
    );
    const token = { label: 'projects only', scopes: ['projects.read'] };
    const key = (await data(201, owner.post('/api/personal-access-tokens/', token))).token;
    expect(await refusal(owner.withToken(key).get(`${place()}/export`))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
  });
});

test('an export as CSV has a record for each task, which no spreadsheet takes for a formula, and changes nothing when it is imported', async () => {
  const answer = await owner.get(`${place()}/export`, { query: { format: 'csv' } });
  expect(answer.headers.get('content-disposition')).toMatch(
    /^attachment; filename="?\w+-\d{4}-\d\d-\d\d\.csv/,
  );
  const text = answer.bytes.toString();
  expect(text).toMatch(/^ref,external_ref,title,description,type,status,.*\r\n/);
  expect(text).toContain('"Parent ""one"",\nwith =formula"');
  expect(text).not.toMatch(/(^|,)"?[=+@]/m);
  expect(text.match(/,(todo|doing|done),/g)).toEqual([
    ',todo,',
    ',todo,',
    ',done,',
    ',todo,',
    ',todo,',
    ',doing,',
  ]);
  expect(countsOf(await imported(owner, project, text, { format: 'csv' }))).toEqual([0, 0, 6]);
  const copy = await makeProject(owner);
  expect(countsOf(await imported(owner, copy, text, { format: 'csv' }))).toEqual([6, 0, 0]);
  const again = (await exported(owner, copy, { format: 'csv' })).replaceAll(
    `${copy.key}-`,
    `${project.key}-`,
  );
  const times = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
  // a task that has failed and one that runs have one word
  expect(again.replaceAll(times, '')).toBe(text.replaceAll(times, ''));
});

test('an export as Markdown shows the tasks by their state with all that belongs to them', async () => {
  const text = await exported(owner, project, { format: 'markdown' });
  expect(text.match(/^## .*/gm)).toEqual(['## To do', '## Doing', '## Done', '## Docs', '## Memory']);
  expect(text.match(/^### .*/gm)?.slice(0, 2)).toEqual([
    `### ${parent.ref} Parent "one", with =formula`,
    `### ${child.ref} Child`,
  ]);
  for (const part of [
    '- [x] First\n- [ ] Second',
    '#### A plan\n\ntwo',
    `> For @${viewer.user.username}`,
    '- Depends on: ',
    '- Priority: 2 (urgent)',
  ])
    expect(text).toContain(part);
});

test('an export ends with the membership of who reads it, and is then cut off', async () => {
  const [leaver, other] = await Promise.all([1, 2].map(() => app.admin.createUser('developer')));
  const large = await makeProject(owner);
  for (const { user } of [leaver!, other!])
    await data(200, owner.put(`/api/projects/${large.id}/members/${user.id}`, { role: 'viewer' }));
  const path = `/api/projects/${large.id}`;
  // more than the buffers of a connection hold
  await app.query(
    `INSERT INTO documents (id, kind, project_id, title, body, created_by, updated_by, bytes)
     SELECT gen_random_uuid(), 'memory', $1, 'Note ' || n, repeat('x', 1000000), $2, $2, 1000256 FROM generate_series(1, 40) AS n`,
    [large.id, owner.user.id],
  );
  /** Begins an export, and returns how its text ends. */
  const begin = async (client: Client) => {
    const response = await client.open('GET', `${path}/export`);
    const reader = response.body!.getReader();
    let last = Buffer.from((await reader.read()).value!);
    return async () => {
      for (;;) {
        const { value } = await reader.read().catch(() => ({ value: undefined }));
        if (!value) return last.toString().trimEnd().slice(-2);
        last = Buffer.from(value);
      }
    };
  };
  const [ofLeaver, ofOther] = [await begin(leaver!), await begin(other!)];
  await data(200, owner.delete(`${path}/members/${leaver!.user.id}`));
  expect(await ofOther()).toBe(']}');
  expect(await ofLeaver()).toBe('xx');
});
