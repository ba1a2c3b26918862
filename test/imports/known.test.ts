import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { waitingFor, whileLocked } from '../support/locked-table.js';
import { until } from '../support/until.js';
import { countsOf, exported, fileOf, imported, send, tasksOf } from './files.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const faults = async (file: unknown, query: Record<string, string> = {}): Promise<string[]> => {
  const { status, body } = await send(owner, project, 'import', file, query);
  expect(status).toBe(422);
  return body.error.details.faults.map(({ field, issue }: Json) => `${field}: ${issue}`);
};

describe('what a file has twice', () => {
  test('stays twice, and is not added when the file is imported again', async () => {
    const twice = <T>(one: T) => [one, one];
    const entry = {
      title: 'Doubled',
      external_ref: 'doubled',
      comments: twice({ body: 'Same' }),
      checklist: twice({ text: 'Step' }),
      plans: [
        { title: 'Plan', body: 'one' },
        { title: 'Plan', body: 'two' },
      ],
      attachments: twice({ name: 'x', url: 'https://example.com/' }),
    };
    const target = await makeProject(owner);
    await imported(owner, target, fileOf([entry]));
    const before = JSON.parse(await exported(owner, target)).tasks;
    expect(before[0].checklist).toHaveLength(2);
    expect(countsOf(await imported(owner, target, fileOf([entry])))).toEqual([0, 0, 1]);
    expect(countsOf(await imported(owner, target, fileOf([{ ...entry, checklist: [] }])))).toEqual([0, 0, 1]);
    expect(JSON.parse(await exported(owner, target)).tasks).toEqual(before);
  });

  test('under one name is a fault', async () => {
    const source = { project: { id: '01890000-0000-7000-8000-000000000001' } };
    const two = [
      { ref: 'OTHER-1', title: 'a' },
      { ref: 'OTHER-1', title: 'b' },
    ];
    expect(await faults(fileOf(two, source))).toEqual(['external_ref: The task is the one of line 1']);
    const documents = ['a', 'b'].map((body) => ({ id: source.project.id, kind: 'memory', body }));
    expect(await faults(fileOf([], { ...source, documents }))).toEqual([
      'null: The document is the one of line 1',
    ]);
  });
});

test('a task of an export is known when it has got a name elsewhere meanwhile', async () => {
  const source = { project: { id: '01890000-0000-7000-8000-000000000002' } };
  await imported(owner, project, fileOf([{ ref: 'SRC-1', title: 'Known' }], source));
  const named = fileOf([{ ref: 'SRC-1', title: 'Known', external_ref: 'JIRA-7' }], source);
  expect(countsOf(await imported(owner, project, named))).toEqual([0, 1, 0]);
  expect((await tasksOf(owner, project))['Known']).toMatchObject({ external_ref: 'JIRA-7' });
  const both = fileOf([{ ref: 'SRC-2', title: 'Both', external_ref: 'JIRA-8' }], source);
  await imported(owner, project, both);
  const cleared = fileOf([{ ref: 'SRC-2', title: 'Both', external_ref: null }], source);
  expect(countsOf(await imported(owner, project, cleared))).toEqual([0, 1, 0]);
});

test('an external_ref that looks like a ref is not taken for one', async () => {
  const target = await makeProject(owner);
  const [first, second] = [await makeTask(owner, target, { title: 'First' }), await makeTask(owner, target)];
  await makeTask(owner, target, { title: 'Mistakable', external_ref: first.ref });
  await data(200, owner.put(`/api/tasks/${second.id}`, { dependencies: [first.id], parent_id: first.id }));
  const text = await exported(owner, target);
  expect(countsOf(await imported(owner, target, text))).toEqual([0, 0, 3]);
  const copy = await makeProject(owner);
  await imported(owner, copy, text);
  const made = JSON.parse(await exported(owner, copy)).tasks;
  expect(made[1]).toMatchObject({ parent: `${copy.key}-1`, dependencies: [`${copy.key}-1`] });
});

test('attachments of documents and plans are added when a later file has their content', async () => {
  const content = Buffer.from('content').toString('base64');
  const sha256 = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73';
  const file = (attached: object) => {
    const attachments = [{ name: 'a file', sha256, ...attached }];
    const documents = [{ kind: 'doc', id: 'd', title: 'Doc', body: 'x', attachments }];
    const source = { project: { id: '01890000-0000-7000-8000-000000000003', attachments }, documents };
    return fileOf(
      [{ ref: 'SRC-9', title: 'With a plan', plans: [{ title: 'p', body: 'x', attachments }] }],
      source,
    );
  };
  const target = await makeProject(owner);
  expect((await imported(owner, target, file({}))).warnings).toHaveLength(3);
  expect((await imported(owner, target, file({ content }))).warnings).toEqual([]);
  const whole = JSON.parse(await exported(owner, target));
  const names = [whole.project, whole.documents[0], whole.tasks[0].plans[0]].map(
    ({ attachments }) => attachments.length,
  );
  expect(names).toEqual([1, 1, 1]);
  expect(countsOf(await imported(owner, target, file({ content })))).toEqual([0, 0, 1]);
  expect(JSON.parse(await exported(owner, target)).documents).toEqual(whole.documents);
});

test('an import adds no more to a task than it may have', async () => {
  const steps = (name: string) => Array.from({ length: 150 }, (_, i) => ({ text: `${name} ${i}` }));
  await imported(owner, project, fileOf([{ title: 'Steps', external_ref: 'steps', checklist: steps('a') }]));
  expect(await faults(fileOf([{ external_ref: 'steps', checklist: steps('b') }]))).toEqual([
    'checklist: There would be more than 200',
  ]);
  expect((await tasksOf(owner, project))['Steps']).toMatchObject({ checklist: { total: 150 } });
});

test('a number that leaves no room for later ones is not kept', async () => {
  const target = await makeProject(owner);
  await imported(
    owner,
    target,
    fileOf([
      { ref: 'XY-999999999', title: 'Far' },
      { ref: 'XY-7', title: 'Near' },
    ]),
  );
  const { Far: far, Near: near } = await tasksOf(owner, target);
  expect([near!.ref, far!.ref]).toEqual([`${target.key}-7`, `${target.key}-8`]);
});

test('labels that differ by case alone are no change', async () => {
  const file = fileOf([{ title: 'Labelled', external_ref: 'labelled', tags: ['Ops', 'ops', 'x'] }]);
  await imported(owner, project, file);
  expect(countsOf(await imported(owner, project, file))).toEqual([0, 0, 1]);
});

test('many plain changes are made at once, each with its history, and those of what else is changed one by one', async () => {
  const target = await makeProject(owner);
  const entries = Array.from({ length: 450 }, (_, i) => ({ external_ref: `n-${i}`, title: `Task ${i}` }));
  await imported(owner, target, fileOf(entries));
  const changed = entries.map((entry, i) => ({
    ...entry,
    priority: 2,
    due_at: i === 0 ? '2030-01-01' : null,
    metadata: { i },
    ...(i === 1 ? { status: 'done', dependencies: ['n-0'] } : {}),
  }));
  const file = fileOf(changed);
  expect(countsOf(await imported(owner, target, file))).toEqual([0, 450, 0]);
  expect(countsOf(await imported(owner, target, file))).toEqual([0, 0, 450]);
  const show = (n: number) => data(200, owner.get(`/api/tasks/${target.key}-${n}`));
  const [first, second, last] = [await show(1), await show(2), await show(450)];
  expect(first).toMatchObject({
    priority: 2,
    due_at: '2030-01-01T23:59:59.999Z',
    metadata: { i: 0 },
    version: 2,
  });
  expect(second).toMatchObject({
    priority: 2,
    status: 'completed',
    dependencies: [{ task: { title: 'Task 0' } }],
  });
  expect(last.history.at(-1)).toMatchObject({
    action: 'updated',
    old_value: { priority: 5, metadata: {} },
    new_value: { priority: 2, metadata: { i: 449 } },
    user_id: owner.user.id,
  });
});

test('what an import adds to a draft is told to nobody else', async () => {
  const draft = await makeTask(owner, project, { title: 'A draft', external_ref: 'draft', draft: true });
  await imported(
    owner,
    project,
    fileOf([{ external_ref: 'draft', title: 'Secret', comments: [{ body: 'x' }] }]),
  );
  const seen = await app.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM activity WHERE entity_id = $1 AND project_id IS NOT NULL',
    [draft.id],
  );
  expect(seen).toEqual([{ n: 0 }]);
});

test('a task that is moved elsewhere while it is imported is not written to there', async () => {
  const [from, to] = [await makeProject(owner), await makeProject(owner)];
  const task = await makeTask(owner, from, { title: 'Moved', external_ref: 'moved' });
  const file = fileOf([{ external_ref: 'moved', comments: [{ body: 'x' }] }, { title: 'Made before it' }]);
  let answer: Promise<string> | undefined;
  // the import has been compared, and waits before it changes what is there
  await whileLocked(app, 'labels', async () => {
    const labelled = fileOf([...file.tasks, { title: 'Labelled', tags: ['new label'] }]);
    answer = refusal(send(owner, from, 'import', labelled));
    await until(async () => (await waitingFor(app, 'INSERT INTO tasks')) > 0, { what: 'the import to wait' });
    await data(200, owner.post(`/api/tasks/${task.id}/move`, { project_id: to.id }));
  });
  expect(await answer).toBe('409 RESOURCE_IN_USE');
  expect((await data(200, owner.get(`/api/tasks/${task.id}/comments`))).items).toEqual([]);
  expect(Object.keys(await tasksOf(owner, from))).toEqual([]);
});

test('an import that waits for its turn is not done when its token has been revoked meanwhile', async () => {
  const label = { label: 'importer', scopes: ['tasks.write'] };
  const made = await data(201, owner.post('/api/personal-access-tokens/', label));
  const other = await makeProject(owner);
  let waiting: Promise<string> | undefined;
  await whileLocked(app, 'imported_entries', async () => {
    // each process has turns of its own
    const process = new Client(() => app.url);
    const first = send(
      process.withToken(owner.token!),
      project,
      'import',
      fileOf([{ title: 'Holds the turn' }]),
    );
    await until(async () => (await waitingFor(app, 'imported_entries')) > 0, {
      what: 'the first import to wait',
    });
    const sent = send(process.withToken(made.token), other, 'import', fileOf([{ title: 'Too late' }]));
    waiting = refusal(sent);
    const used = () =>
      app.query('SELECT 1 FROM credentials WHERE id = $1 AND last_used_at IS NOT NULL', [made.id]);
    await until(async () => (await used()).length > 0, { what: 'the token to be used' });
    await data(200, owner.delete(`/api/personal-access-tokens/${made.id}`));
    void first.catch(() => undefined);
  });
  expect(await waiting).toBe('401 AUTH_TOKEN_INVALID');
  expect(Object.keys(await tasksOf(owner, other))).toEqual([]);
});

describe('a file that costs much', () => {
  test('in its header is refused at once', async () => {
    const header = `title,${Array.from({ length: 60_000 }, (_, i) => `c${i}`).join(',')}\n`;
    expect(await faults(header, { format: 'csv' })).toHaveLength(1_000);
  });

  test('in faults tells of the first thousand', async () => {
    const many = Array.from({ length: 5_000 }, () => ({ title: '' }));
    expect(await faults(fileOf(many))).toHaveLength(1_000);
    const unknown = Array.from({ length: 5_000 }, () => ({ title: 'x', parent: 'nothing' }));
    expect(await faults(fileOf(unknown))).toHaveLength(1_000);
  });

  test('by the aliases of its YAML is refused', async () => {
    const text = `- external_ref: &a "${'x'.repeat(400)}"\n  description: &d "${'y'.repeat(40_000)}"\n`;
    const manifest =
      text + Array.from({ length: 2_000 }, (_, i) => `- {external_ref: r${i}, description: *d}\n`).join('');
    expect(await refusal(send(owner, project, 'sync', manifest))).toBe('400 MALFORMED_REQUEST');
  });

  test('in the nesting of fields without a name is refused', async () => {
    const deep = '{"":'.repeat(20_000) + '1' + '}'.repeat(20_000);
    for (const what of ['import', 'findings', 'sync'] as const)
      expect(await refusal(send(owner, project, what, deep))).toBe('422 VALIDATION_ERROR');
  });

  test('by the parts of its entries is refused', async () => {
    const version = { title: 'x', body: '' };
    const earlier_versions = Array.from({ length: 10_000 }, () => version);
    const documents = Array.from({ length: 31 }, () => ({
      kind: 'doc',
      title: 'x',
      body: '',
      earlier_versions,
    }));
    expect(await refusal(send(owner, project, 'import', fileOf([], { documents })))).toBe(
      '409 RESOURCE_LIMIT_EXCEEDED',
    );
  });

  test('in steps of its tasks is imported all the same', async () => {
    const target = await makeProject(owner);
    const checklist = Array.from({ length: 200 }, (_, i) => ({ text: `${i}` }));
    const tasks = Array.from({ length: 200 }, (_, i) => ({ title: `Task ${i}`, checklist }));
    expect(countsOf(await imported(owner, target, fileOf(tasks)))).toEqual([200, 0, 0]);
    const [item] = (await data(200, owner.get(`/api/tasks/${target.key}-200/checklist`))).items.slice(-1);
    expect(item).toMatchObject({ text: '199', position: 199 });
  });
});
