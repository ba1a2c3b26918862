import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { countsOf, send, tasksOf } from './files.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const sync = async (manifest: unknown, query: Record<string, boolean> = {}): Promise<Json> =>
  data(200, send(owner, project, 'sync', manifest, query));

const yaml = `
# the team's chores
source: team.yaml
tasks:
  - external_ref: certificate
    title: Renew the certificate
    priority: high
    tags: &ops [ops]
    due_at: 2027-01-31
    description: |
      Ask *ann*.
  - external_ref: backup
    title: "Test: a backup"
    tags: *ops
    parent: certificate
    dependencies: [certificate]
`;

describe('a manifest', () => {
  test('as YAML makes and changes what it names, leaves the rest, and does nothing the second time', async () => {
    const own = await makeTask(owner, project, { title: 'Made by hand', external_ref: 'by-hand' });
    expect(await sync(yaml, { dry_run: true })).toMatchObject({ create: 2, archive: 0 });
    expect(countsOf(await sync(yaml))).toEqual([2, 0, 0]);
    expect(countsOf(await sync(yaml))).toEqual([0, 0, 2]);
    const tasks = await tasksOf(owner, project);
    const certificate = tasks['Renew the certificate']!;
    expect(certificate).toMatchObject({
      priority: 3,
      tags: ['ops'],
      source: 'team.yaml',
      due_at: '2027-01-31T23:59:59.999Z',
      description: 'Ask *ann*.\n',
    });
    const backup = await data(200, owner.get(`/api/tasks/${tasks['Test: a backup']!.id}`));
    expect(backup).toMatchObject({
      parent_id: certificate.id,
      dependencies: [{ depends_on_task_id: certificate.id }],
    });
    const json = { source: 'team.yaml', tasks: [{ external_ref: 'certificate', title: 'Renew it' }] };
    expect(countsOf(await sync(json))).toEqual([0, 1, 0]);
    expect(Object.keys(await tasksOf(owner, project)).toSorted()).toEqual([
      'Made by hand',
      'Renew it',
      'Test: a backup',
    ]);

    // pruning is of this manifest alone
    const plan = await sync(json, { prune: true });
    expect(plan).toMatchObject({ archive: 1, changes: [{ action: 'archive', title: 'Test: a backup' }] });
    const pruned = await tasksOf(owner, project);
    expect(pruned['Test: a backup']!.archived_at).toEqual(expect.any(String));
    expect(pruned['Made by hand']).toMatchObject({ archived_at: null, version: own.version });
    expect(await sync(json, { prune: true })).toMatchObject({ archive: 0, skip: 1 });
    // what it names again comes back
    expect(countsOf(await sync(yaml))).toEqual([0, 2, 0]);
    expect((await tasksOf(owner, project))['Test: a backup']!.archived_at).toBeNull();
    expect(await sync({ source: 'team.yaml', tasks: [] }, { prune: true })).toMatchObject({ archive: 2 });
  });

  test('changes a task that runs, but does not archive it', async () => {
    const manifest = { source: 'runs', tasks: [{ external_ref: 'runs', title: 'Runs' }] };
    await sync(manifest);
    await data(200, owner.post(`/api/tasks/${(await tasksOf(owner, project))['Runs']!.id}/claim`));
    const plan = await sync({ source: 'runs', tasks: [] }, { prune: true });
    expect(plan).toMatchObject({ archive: 0, warnings: [{ issue: expect.stringContaining('it stays') }] });
  });

  test('with faults is refused with the lines', async () => {
    const faults = async (manifest: string) => {
      const { status, body } = await send(owner, project, 'sync', manifest);
      const { details } = body.error;
      return [status, details.faults?.map(({ line, field }: Json) => `${line} ${field}`) ?? details.line];
    };
    expect(await faults('tasks:\n- title: No name elsewhere\n- external_ref: a\n  titel: x\n')).toEqual([
      422,
      ['2 external_ref', '3 titel'],
    ]);
    expect(await faults('[\n{"title": "x"}]')).toEqual([422, ['2 external_ref']]);
    expect(await faults('tasks:\n  - a: [1\n  - b')).toEqual([400, 3]);
    expect(await faults('tasks:\n- external_ref: a\n  external_ref: b\n')).toEqual([400, 3]);
    expect(await faults('just text')).toEqual([422, ['1 tasks']]);
    expect(await faults('tasks: 5')).toEqual([422, ['1 tasks']]);
    expect(await faults('things: []\n')).toEqual([422, ['1 things']]);
    const token = await data(
      201,
      owner.post('/api/personal-access-tokens/', { label: 'x', scopes: ['projects.write'] }),
    );
    expect(await refusal(send(owner.withToken(token.token), project, 'sync', yaml))).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
  });

  test('that is hostile is refused without harm', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => `b${i}: &b${i} [${Array.from({ length: 9 }, () => `*${i === 0 ? 'a' : `b${i - 1}`}`).join(',')}]`).join('\n')}\ntasks: *b11\n`;
    for (const [text, status] of [
      [bomb, '400 MALFORMED_REQUEST'],
      ['[ '.repeat(100_000), '400 MALFORMED_REQUEST'],
      [`? ${'{? '.repeat(50_000)}`, '400 MALFORMED_REQUEST'],
      ['tasks: !!js/function "x"\n', '422 VALIDATION_ERROR'],
      [`- "${'x'.repeat(5 * 1024 * 1024)}"`, '413 PAYLOAD_TOO_LARGE'],
      ['tasks:\n- __proto__: {title: x}\n  external_ref: p\n', '422 VALIDATION_ERROR'],
    ] as const)
      expect([text.slice(0, 30), await refusal(send(owner, project, 'sync', text))]).toEqual([
        text.slice(0, 30),
        status,
      ]);
    expect(countsOf(await sync({ tasks: [{ external_ref: 'still-there', title: 'x' }] }))).toEqual([1, 0, 0]);
  });
});
