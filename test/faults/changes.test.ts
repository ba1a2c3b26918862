import { Client as Postgres } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { data, makeProject, makeTask, type Json } from '../e2e/steps.js';
import { fileOf, send } from '../imports/files.js';
import { twoOfBoth, useApp } from '../support/app.js';
import type { Answer } from '../support/client.js';
import { until } from '../support/until.js';

const app = useApp({ roles: twoOfBoth });
let project: Json;
let other: Json;
let task: Json;
beforeAll(async () => {
  [project, other] = [await makeProject(app.admin), await makeProject(app.admin)];
  task = await makeTask(app.admin, project, { title: 'There already', external_ref: 'there' });
});

const file = () => {
  const form = new FormData();
  form.set('linked_type', 'task');
  form.set('linked_id', task.id);
  form.set('file', new Blob([Buffer.alloc(600_000, 'x')]), 'a file');
  return form;
};
const tasks = () =>
  Array.from({ length: 700 }, (_, index) => ({
    title: `Task ${index}`,
    comments: [{ body: 'A comment' }],
    checklist: [{ text: 'A step' }],
    plans: [{ title: 'A plan', body: 'x' }],
    attachments: [{ name: 'a file', content: Buffer.from('x').toString('base64') }],
    ...(index === 0 ? { external_ref: 'there', title: 'Changed' } : {}),
  }));

interface Change {
  name: string;
  /** The table that it writes last but its activity. */
  held: string;
  /** How many rows it makes in a table. */
  made: [table: string, rows: number];
  change: () => Promise<Answer>;
  status: number;
}

const changes: Change[] = [
  {
    name: 'an import',
    held: 'imported_entries',
    made: ['tasks', 699],
    change: () => send(app.admin, project, 'import', fileOf(tasks())),
    status: 200,
  },
  {
    name: 'an upload',
    held: 'attachments',
    made: ['attachment_parts', 3],
    change: () => app.admin.post('/api/attachments', file()),
    status: 201,
  },
  {
    name: 'a move',
    held: 'former_refs',
    made: ['former_refs', 1],
    change: () => app.admin.post(`/api/tasks/${task.id}/move`, { project_id: other.id }),
    status: 200,
  },
];

const counted = [
  'tasks',
  'comments',
  'checklist_items',
  'documents',
  'attachments',
  'attachment_parts',
  'former_refs',
  'labels',
];
async function stateOfAll(): Promise<Record<string, unknown>> {
  const counts = await app.query<Record<string, number>>(
    `SELECT ${counted.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`).join(', ')}`,
  );
  const { title, project_id, version } = await data(200, app.admin.get(`/api/tasks/${task.id}`));
  return { ...counts[0], title, project_id, version };
}

test.each(changes)(
  '$name that is cut off by the end of every process has changed nothing, and can be done again',
  async ({ held, made: [table, rows], change, status }) => {
    const before = await stateOfAll();
    const blocker = new Postgres({ connectionString: app.databaseUrl });
    await blocker.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query(`LOCK TABLE ${held} IN SHARE MODE`);
      const cut = change().then(
        ({ status: answered }) => answered,
        () => 'cut off',
      );
      const waits = () =>
        app.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ 'INSERT INTO ${held}'`,
        );
      await until(async () => (await waits()).length > 0, { what: 'the change to wait at its end' });
      for (const server of app.processes) await app.restart(server, 'SIGKILL');
      expect(await cut).toBe('cut off');
    } finally {
      await blocker.end();
    }
    app.admin = await app.firstAdmin();
    expect(await stateOfAll()).toEqual(before);
    expect((await change()).status).toBe(status);
    const after = await stateOfAll();
    expect((after[table] as number) - (before[table] as number)).toBe(rows);
  },
);
