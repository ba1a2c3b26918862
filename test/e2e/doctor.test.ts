import { Client } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { until } from '../support/until.js';
import { data, makeProject, makeTask, refusal, runJob, type Json } from './steps.js';

/** The key of the lock that keeps a second doctor away. */
const doctorLock = 7_102_050;

// what is kept does not depend on the mode
describe('the doctor', () => {
  const app = useApp();
  let project: Json;

  const examine = (): Promise<Json> => data(200, app.admin.get('/api/system/doctor'));
  const fix = (): Promise<Json> => data(200, app.admin.post('/api/system/doctor/fix'));
  const wrongIn = ({ checks }: Json) =>
    (checks as Json[])
      .filter(({ status }) => status !== 'ok')
      .map(({ name, message }) => `${name}: ${message}`);
  const checkOf = ({ checks }: Json, name: string) => (checks as Json[]).find((check) => check.name === name);

  /** Makes some of everything that is counted, in every state that is counted apart. */
  const work = async (): Promise<void> => {
    const { admin } = app;
    const run = await runJob(admin, project, 'seq 1 2000', 'completed', { estimated_duration: '00:01:00' });
    await runJob(admin, project, 'exit 3', 'failed');
    await data(200, admin.post('/api/commands/execute', { command: 'echo of nobody' }));
    const task = await makeTask(admin, project, { title: 'with a checklist', status: 'planned' });
    const path = `/api/tasks/${task.id}`;
    await data(201, admin.post(`${path}/checklist`, { text: 'one', done: true }));
    const second = await data(201, admin.post(`${path}/checklist`, { text: 'two' }));
    await data(200, admin.delete(`${path}/checklist/${second.id}`));
    await data(201, admin.post(`${path}/comments`, { body: 'words of a comment' }));
    await data(201, admin.post(`${path}/plans`, { title: 'a plan', body: 'its text' }));
    await data(200, admin.put(path, { title: 'with another title' }));
    const doc = await data(
      201,
      admin.post(`/api/projects/${project.id}/docs`, { title: 'a doc', body: 'x' }),
    );
    await data(200, admin.put(`/api/documents/${doc.id}`, { body: 'a longer text' }));
    const form = new FormData();
    form.set('linked_type', 'task');
    form.set('linked_id', task.id);
    form.set('file', new Blob(['a file of some bytes']), 'a file');
    await data(201, admin.post('/api/attachments', form));
    const other = await makeProject(admin);
    await data(200, admin.post(`${path}/move`, { project_id: other.id }));
    await data(200, admin.post(`/api/tasks/${run.task_id}/archive`));
    const deleted = await makeTask(admin, project);
    await data(200, admin.delete(`/api/tasks/${deleted.id}`));
    const erased = await makeTask(admin, project);
    await data(200, admin.delete(`/api/tasks/${erased.id}?permanent=true`));
    await data(201, admin.post(`/api/projects/${project.id}/clone`, { name: 'A copy' }));
  };

  beforeAll(async () => {
    project = await makeProject(app.admin);
    await work();
  });

  test('finds nothing wrong, also while others write', async () => {
    let isOver = false;
    const writers = [1, 2].map(async () => {
      while (!isOver) await work();
    });
    const reports = [await examine(), await examine(), await examine()];
    isOver = true;
    await Promise.all(writers);
    // the disk is that of the host of the tests
    for (const report of reports)
      expect(wrongIn(report).filter((one) => !one.startsWith('disk'))).toEqual([]);
    expect(reports[0]).toMatchObject({ checked_at: expect.any(String) });
    expect(checkOf(reports[0]!, 'disk')?.details).toMatchObject({ free_bytes: expect.any(Number) });
  });

  const hour = "floor(date_part('epoch', now()) / 3600)::int - 5";
  const day = "floor(date_part('epoch', now()) / 86400)::int - 5";
  const anybody = 'gen_random_uuid()';
  /** What is broken by hand, and the check that finds it. */
  const faults: [check: string, statement: string][] = [
    [
      'task_counts',
      `UPDATE task_counts SET n = n + 3, bytes = bytes - 7 WHERE ctid = (SELECT min(ctid) FROM task_counts)`,
    ],
    [
      'task_counts',
      `INSERT INTO task_counts (project_id, status, shard, n) VALUES (${anybody}, 'pending', 0, 5)`,
    ],
    ['stored_bytes', `DELETE FROM output_usage`],
    [
      'checklist_counts',
      `UPDATE tasks SET checklist_total = 9 WHERE id = (SELECT task_id FROM checklist_items LIMIT 1)`,
    ],
    ['task_numbers', `UPDATE task_numbers SET next = 2`],
    ['profile_counts', `INSERT INTO user_task_counts (user_id, created) VALUES (${anybody}, 4)`],
    ['analytics', `INSERT INTO project_days (project_id, day, created) VALUES (${anybody}, ${day}, 4)`],
    [
      'analytics',
      `INSERT INTO member_blocks (project_id, days, start, user_id, ended) VALUES (${anybody}, 1, ${day}, ${anybody}, 2)`,
    ],
    ['analytics', `INSERT INTO task_duration_blocks VALUES (${anybody}, 1, ${day}, '{3}', '{1}', '{20}')`],
    ['queue_metrics', `INSERT INTO queue_hours (queue, hour, failed) VALUES (0, ${hour}, 4)`],
    ['queue_metrics', `INSERT INTO queue_time_blocks VALUES (0, 1, ${hour}, 'run', '{3}', '{1}', '{20}')`],
    ['search_words', `UPDATE tasks SET words = NULL WHERE id = (SELECT task_id FROM comments LIMIT 1)`],
    ['search_words', `UPDATE documents SET words = to_tsvector('something else')`],
    [
      'claim_leases',
      `UPDATE tasks SET claim_id = ${anybody} WHERE id = (SELECT task_id FROM comments LIMIT 1)`,
    ],
    [
      'orphans',
      `INSERT INTO comments (id, task_id, author_id, body) VALUES (${anybody}, ${anybody}, ${anybody}, 'x')`,
    ],
    ['orphans', `INSERT INTO attachment_parts VALUES (${anybody}, 0, 'bytes')`],
  ];

  test.each(faults)('finds and mends %s: %s', async (name, statement) => {
    await app.query(statement);
    const found = await examine();
    expect(wrongIn(found).filter((one) => !one.startsWith('disk'))).toEqual([
      expect.stringContaining(`${name}: `),
    ]);
    expect(checkOf(found, name)).toMatchObject({ fixable: true });
    const { fixes, report } = await fix();
    expect(fixes).toEqual([
      { name, changed: expect.any(Number), message: expect.stringMatching(/^\d+ mended$/) },
    ]);
    expect(fixes[0].changed).toBeGreaterThan(0);
    expect(checkOf(report, name)).toMatchObject({ status: 'ok', fixable: false });
    const { activity } = await data(
      200,
      app.admin.get('/api/activity?entity_type=system&action=doctor_fixed'),
    );
    expect(activity[0]).toMatchObject({ new_value: { check: name }, actor: { name: 'admin' } });
  });

  test('words of comments come back with those of their task', async () => {
    const found = async () =>
      (await data(200, app.admin.get('/api/tasks/', { query: { search: '"words of a comment"' } })))
        .total as number;
    const before = await found();
    expect(before).toBeGreaterThan(0);
    await app.query('UPDATE tasks SET words = NULL');
    expect(await found()).toBe(0);
    await fix();
    expect(await found()).toBe(before);
  });

  test('says what it cannot mend', async () => {
    const [file] = await app.query<{ id: string }>(
      `UPDATE attachments SET size = size + 1 WHERE url IS NULL RETURNING id`,
    );
    await app.query(`INSERT INTO migrations (timestamp, name) VALUES (1, 'OfLater1')`);
    const { fixes, report } = await fix();
    expect(checkOf(report, 'files')).toMatchObject({
      status: 'error',
      fixable: false,
      details: { attachments: expect.arrayContaining([file!.id]) },
    });
    expect(checkOf(report, 'migrations')).toMatchObject({
      status: 'warning',
      fixable: false,
      details: { unknown: ['OfLater1'] },
    });
    // the sum follows the sizes
    expect(fixes.map(({ name }: Json) => name)).toEqual(['stored_bytes']);
    await app.query('UPDATE attachments SET size = size - 1 WHERE url IS NULL');
    await app.query(`DELETE FROM migrations WHERE name = 'OfLater1'`);
    await fix();
    expect(wrongIn(await examine()).filter((one) => !one.startsWith('disk'))).toEqual([]);
  });

  test('mends the counts while others change them', async () => {
    let isOver = false;
    const writers = [1, 2, 3].map(async () => {
      while (!isOver) {
        const task = await makeTask(app.admin, project);
        await data(200, app.admin.put(`/api/tasks/${task.id}`, { status: 'completed' }));
        await data(200, app.admin.delete(`/api/tasks/${task.id}`));
      }
    });
    for (let round = 0; round < 3; round += 1) {
      await app.query('UPDATE task_counts SET n = n + 1, bytes = bytes + 10');
      await app.query('UPDATE project_days SET created = created + 10');
      const { fixes } = await fix();
      expect(fixes.map(({ name }: Json) => name)).toContain('task_counts');
    }
    isOver = true;
    await Promise.all(writers);
    expect(wrongIn(await examine()).filter((one) => !one.startsWith('disk'))).toEqual([]);
  });

  test('finds a run that no worker holds', async () => {
    const [run] = await app.query<{ id: string }>(
      `INSERT INTO executions (id, requested_by, status, command, timeout, started_at)
       SELECT gen_random_uuid(), requested_by, 'running', 'true', 10, now() FROM executions LIMIT 1 RETURNING id`,
    );
    const report = await examine();
    expect(checkOf(report, 'run_leases')).toMatchObject({
      status: 'error',
      details: { executions: [run!.id] },
    });
    expect(report.status).toBe('error');
    await app.query('DELETE FROM executions WHERE id = $1', [run!.id]);
  });

  test('one works at a time, and a check that is held up is skipped', async () => {
    const other = new Client({ connectionString: app.databaseUrl });
    await other.connect();
    try {
      await other.query('SELECT pg_advisory_lock($1)', [doctorLock]);
      expect(await refusal(app.admin.get('/api/system/doctor'))).toBe('409 RESOURCE_IN_USE');
      expect(await refusal(app.admin.post('/api/system/doctor/fix'))).toBe('409 RESOURCE_IN_USE');
      await other.query('SELECT pg_advisory_unlock_all()');
      await other.query('BEGIN; LOCK TABLE attachment_parts IN ACCESS EXCLUSIVE MODE');
      const report = await examine();
      expect(checkOf(report, 'files')).toMatchObject({
        status: 'skipped',
        message: expect.stringContaining('took too long'),
        fixable: false,
      });
      expect(checkOf(report, 'task_counts')).toMatchObject({ status: 'ok' });
    } finally {
      await other.end();
    }
    // the lock ends with its connection
    await until(async () => (await app.admin.get('/api/system/doctor')).status === 200);
  });
});
