import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import { LiveSocket } from '../realtime/live-socket.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { countsOf, exported, fileOf, imported, send, tasksOf } from './files.js';

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
  for (const [client, role] of [
    [developer, 'developer'],
    [viewer, 'viewer'],
  ] as const)
    await data(200, owner.put(`/api/projects/${project.id}/members/${client.user.id}`, { role }));
});

/** The faults of a file that is refused, as `LINE FIELD: ISSUE`. */
async function faultsOf(file: unknown, query: Record<string, string> = {}): Promise<string[]> {
  const answer = await send(owner, project, 'import', file, query);
  expect([answer.status, answer.body.error?.code]).toEqual([422, 'VALIDATION_ERROR']);
  const { faults } = answer.body.error.details;
  // a dry run says the same
  const dry = await data(200, send(owner, project, 'import', file, { ...query, dry_run: true }));
  expect(dry).toMatchObject({ dry_run: true, faults });
  return faults.map(({ line, field, issue }: Json) => `${line} ${field}: ${issue}`);
}

const lines = (...tasks: (object | string)[]) =>
  `{"format":"millrace","version":1,"tasks":[\n${tasks.map((task) => (typeof task === 'string' ? task : JSON.stringify(task))).join(',\n')}\n]}`;

describe('a file with faults', () => {
  test('is refused with every fault by its line, and nothing of it is imported', async () => {
    const before = await exported(owner, project);
    const file = lines(
      { title: 'Good', external_ref: 'a' },
      { title: '', priority: 11, colour: 'red' },
      { external_ref: 'no title' },
      { title: 'Again', external_ref: 'a' },
      { title: 'Looks for nothing', parent: 'nothing', dependencies: ['a', 'b'] },
      { title: 'Done and blocked', status: 'completed', blocker: 'x' },
      { title: 'Zero \u0000', comments: [{ body: ' ' }] },
      { title: 'File', attachments: [{ name: 'x', content: 'no base64' }] },
      '{"title": "Number", "metadata": {"n": 12345678901234567890}}',
    );
    expect(await faultsOf(file)).toEqual([
      expect.stringMatching(/^3 title: Too small/),
      expect.stringMatching(/^3 priority: /),
      '3 colour: There is no colour here',
      '4 title: Field is required',
      '5 external_ref: The task is the one of line 2',
      '6 parent: There is no nothing here',
      '6 dependencies: There is no b here',
      '7 blocker: A task that is completed or cancelled cannot be blocked',
      expect.stringMatching(/^8 title: Text must be valid Unicode without NUL/),
      expect.stringMatching(/^9 attachments\.0\.content: Send the content in base64/),
      expect.stringMatching(/^10 null: The number 12345678901234567890 cannot be kept exactly/),
    ]);
    const now = (text: string) => text.replace(/"exported_at":"[^"]+"/, '');
    expect(now(await exported(owner, project))).toBe(now(before));
  });

  test('whose tasks wait for each other, or are parts of each other, in a circle is refused', async () => {
    const circle = lines(
      { title: 'A', external_ref: 'c-a', dependencies: ['c-b'] },
      { title: 'B', external_ref: 'c-b', dependencies: ['c-c'] },
      { title: 'C', external_ref: 'c-c', dependencies: ['c-a'], parent: 'c-c' },
    );
    expect(await faultsOf(circle)).toEqual([
      '4 parent: A task cannot name itself',
      '4 dependencies: A circle: line 2 leads back here',
    ]);
  });

  test.each([
    ['{"format": "millrace", "tasks": [{]}', 1],
    ['{"format": "millrace",\n"tasks": [\n{"title": "x"}\n', 4],
    ['', undefined],
    ['not JSON', 1],
  ])('that is no JSON, %j, is refused with the line', async (text, line) => {
    const answer = await send(owner, project, 'import', text);
    if (line === undefined) expect(answer.status).toBe(422);
    else {
      expect([answer.status, answer.body.error.code]).toEqual([400, 'MALFORMED_REQUEST']);
      expect(answer.body.error.details.line).toBe(line);
    }
  });

  test('that is something else is refused', async () => {
    for (const file of [
      { tasks: [] },
      [],
      [{ title: 'x' }],
      'null',
      '"millrace"',
      { format: 'other', tasks: [{}] },
    ])
      expect(await faultsOf(file)).toEqual([expect.stringContaining('format: This is no export')]);
    expect(await faultsOf(fileOf([], { version: 2 }))).toEqual([expect.stringContaining('Only version 1')]);
    expect(await faultsOf({ ...fileOf([]), extra: 1 })).toEqual([expect.stringContaining('extra: ')]);
    expect(await faultsOf(Buffer.from([0x22, 0xff])).catch((error: Error) => error.message)).toContain('400');
  });
});

describe('an import', () => {
  test('makes and changes tasks, and takes nothing away', async () => {
    const task = await makeTask(owner, project, {
      title: 'To be changed',
      external_ref: 'change-me',
      description: 'stays',
      tags: ['one'],
      priority: 7,
    });
    await data(201, owner.post(`/api/tasks/${task.id}/comments`, { body: 'said here' }));
    await data(201, owner.post(`/api/tasks/${task.id}/checklist`, { text: 'Step' }));
    const entry = {
      external_ref: 'change-me',
      title: 'Changed',
      status: 'done',
      priority: 'high',
      assigned_to: `human:${developer.user.username}`,
      comments: [
        { body: 'said here' },
        { author: 'octocat', body: 'said there', created_at: '2020-01-02T03:04:05Z' },
      ],
      checklist: [{ text: 'Step', done: true }, { text: 'Other step' }],
      plans: [{ title: 'A plan', body: 'one' }],
      dependencies: ['new'],
    };
    const file = lines(entry, { external_ref: 'new', title: 'New one', assigned_to: 'nobody-here' });
    const dry = await imported(owner, project, file, { dry_run: true });
    expect(countsOf(dry)).toEqual([1, 1, 0]);
    expect((await tasksOf(owner, project))['New one']).toBeUndefined();
    const plan = await imported(owner, project, file);
    expect({ ...plan, dry_run: true }).toEqual(dry);
    expect(plan.changes).toEqual([
      { line: 2, action: 'update', ref: task.ref, title: 'Changed' },
      { line: 3, action: 'create', ref: null, title: 'New one' },
    ]);
    expect(plan.warnings).toEqual([
      { line: 3, field: 'assigned_to', issue: 'No user here is called nobody-here and sees the project' },
    ]);
    const after = await data(200, owner.get(`/api/tasks/${task.id}`));
    expect(after).toMatchObject({
      title: 'Changed',
      description: 'stays',
      tags: ['one'],
      status: 'completed',
      priority: 3,
      assigned_to: developer.user.id,
      checklist: { total: 2, done: 2 - 1 },
      dependencies: [{ task: { title: 'New one' } }],
    });
    const { items: comments } = await data(200, owner.get(`/api/tasks/${task.id}/comments`));
    expect(
      comments.map(({ body, author_id, imported_author, created_at }: Json) => [
        body,
        author_id,
        imported_author,
        created_at,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['said here', owner.user.id, null, expect.any(String)],
        ['said there', owner.user.id, 'octocat', '2020-01-02T03:04:05.000Z'],
      ]),
    );
    expect(comments).toHaveLength(2);
    expect(after.history.map(({ action }: Json) => action)).toEqual(
      expect.arrayContaining(['created', 'status_changed', 'updated', 'imported']),
    );
    expect(countsOf(await imported(owner, project, file))).toEqual([0, 0, 2]);
    const changed = fileOf([{ ...entry, plans: [{ title: 'A plan', body: 'two' }] }]);
    expect(countsOf(await imported(owner, project, changed))).toEqual([0, 1, 0]);
    const [made] = (await data(200, owner.get(`/api/tasks/${task.id}/plans`))).items;
    expect(made).toMatchObject({ body: 'two', version: 2 });
  });

  test('tells of each task that it makes, in the history, on sockets and to webhooks, but not of drafts', async () => {
    const target = await makeProject(owner);
    const hook = { url: 'https://example.com/imported', events: ['task.created'], project_id: target.id };
    const webhook = await data(201, owner.post('/api/webhooks/', hook));
    const socket = await LiveSocket.open(app.wsUrl, owner.token);
    await socket.ask({ type: 'subscribe', channel: 'task_updates', project_id: target.id }, 'subscribed');
    await imported(
      owner,
      target,
      fileOf([{ title: 'One' }, { title: 'Two', draft: true }, { title: 'Three', status: 'done' }]),
    );
    const updates = () => socket.messages.filter(({ type }) => type === 'task_update');
    await until(() => updates().length === 2, { what: 'the messages' });
    expect(
      updates().map(({ data: { status, progress_percentage } }) => [status, progress_percentage]),
    ).toEqual([
      ['pending', 0],
      ['completed', 100],
    ]);
    await socket.close();
    const { items: deliveries } = await data(200, owner.get(`/api/webhooks/${webhook.id}/deliveries`));
    expect(deliveries).toHaveLength(2);
    const { activity } = await data(200, owner.get('/api/activity', { query: { project_id: target.id } }));
    expect(
      activity.map(({ entity_type, action, new_value }: Json) => [
        entity_type,
        action,
        new_value.title ?? new_value.created,
      ]),
    ).toEqual([
      ['project', 'imported', 3],
      ['task', 'created', 'Three'],
      ['task', 'created', 'One'],
      ['webhook', 'created', undefined],
      ['project', 'created', undefined],
    ]);
    const draft = (await tasksOf(owner, target))['Two']!;
    const { history } = await data(200, owner.get(`/api/tasks/${draft.id}`));
    expect(history).toMatchObject([{ action: 'created', user_id: owner.user.id }]);
  });

  test('keeps to the limits of the project, as the creation of tasks does', async () => {
    const target = await makeProject(owner, { resource_limits: { max_tasks: 3 } });
    await makeTask(owner, target);
    const three = fileOf([{ title: 'a' }, { title: 'b' }, { title: 'c' }]);
    expect(await refusal(send(owner, target, 'import', three))).toBe('409 PROJECT_LIMIT_EXCEEDED');
    expect(Object.keys(await tasksOf(owner, target))).toHaveLength(1);
    const others = fileOf([
      { title: 'a' },
      { title: 'b' },
      { title: 'c', archived: true },
      { title: 'd', draft: true },
    ]);
    expect(countsOf(await imported(owner, target, others))).toEqual([4, 0, 0]);
    const small = await makeProject(owner, { resource_limits: { storage_limit: '1KB' } });
    const doc = fileOf([], { documents: [{ kind: 'doc', title: 'x', body: 'x'.repeat(2_000) }] });
    expect(await refusal(send(owner, small, 'import', doc))).toBe('409 PROJECT_LIMIT_EXCEEDED');
    expect((await data(200, owner.get(`/api/projects/${small.id}/docs`))).items).toEqual([]);
  });

  test('leaves the status of what is claimed, and says so', async () => {
    const task = await makeTask(owner, project, { external_ref: 'claimed' });
    await data(200, owner.post(`/api/tasks/${task.id}/claim`));
    const plan = await imported(
      owner,
      project,
      fileOf([{ external_ref: 'claimed', status: 'done', title: 'Other' }]),
    );
    expect(plan).toMatchObject({ update: 1, warnings: [{ field: 'status' }] });
    expect(await data(200, owner.get(`/api/tasks/${task.id}`))).toMatchObject({
      status: 'running',
      title: 'Other',
    });
  });

  test('is for who may write in the project', async () => {
    const file = fileOf([{ title: 'x' }]);
    expect(await refusal(send(viewer, project, 'import', file))).toBe('403 PROJECT_ACCESS_DENIED');
    expect(await refusal(send(stranger, project, 'import', file))).toBe('404 PROJECT_NOT_FOUND');
    expect(countsOf(await imported(developer, project, file))).toEqual([1, 0, 0]);
  });

  test('does not touch the draft of somebody else, nor say that there is one', async () => {
    await makeTask(owner, project, { title: 'Secret', external_ref: 'secret-draft', draft: true });
    const file = fileOf([{ external_ref: 'secret-draft', title: 'Mine' }]);
    expect(await imported(developer, project, file, { dry_run: true })).toMatchObject({
      create: 1,
      changes: [{ ref: null }],
    });
    expect(await refusal(send(developer, project, 'import', file))).toBe('409 RESOURCE_ALREADY_EXISTS');
    expect((await tasksOf(owner, project))['Secret']).toMatchObject({ is_draft: true });
  });

  test('runs once for an Idempotency-Key, and two at once make no task twice', async () => {
    const target = await makeProject(owner);
    const file = JSON.stringify(fileOf([{ title: 'x' }, { title: 'x' }]));
    const path = `/api/projects/${target.id}/import`;
    const key = { headers: { 'idempotency-key': `import-${target.id}` } };
    const first = await data(200, owner.post(path, file, key));
    expect(countsOf(first)).toEqual([2, 0, 0]);
    expect(await data(200, owner.post(path, file, key))).toEqual(first);
    const other = await makeProject(owner);
    await data(
      200,
      owner.put(`/api/projects/${other.id}/members/${developer.user.id}`, { role: 'developer' }),
    );
    const answers = await Promise.all(
      [owner, developer, owner, developer].map((client) => send(client, other, 'import', file)),
    );
    for (const { status, body } of answers)
      if (status !== 200) expect(body.error.code).toBe('RESOURCE_IN_USE');
    expect(await app.query('SELECT 1 FROM tasks WHERE project_id = $1', [other.id])).toHaveLength(2);
  });

  test('takes no compressed body, no other charset and no more than 50 MiB', async () => {
    const path = `/api/projects/${project.id}/import`;
    const file = JSON.stringify(fileOf([]));
    const as = (headers: Record<string, string>) => refusal(owner.post(path, file, { headers }));
    expect(await as({ 'content-encoding': 'gzip' })).toBe('415 UNSUPPORTED_MEDIA_TYPE');
    expect(await as({ 'content-type': 'text/csv; charset=latin1' })).toBe('415 UNSUPPORTED_MEDIA_TYPE');
    const large = Buffer.alloc(51 * 1024 * 1024, ' ');
    // the server may hang up before it has got all of it
    const answer = await owner.post(path, large).then(
      ({ status }) => status,
      () => 413,
    );
    expect(answer).toBe(413);
  });
});
