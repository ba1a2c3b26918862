import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { data, refusal } from './steps.js';

const app = useApp();
const KiB = 1024;

test('an environment is limited to 128 KiB in total', async () => {
  const project = await data(201, app.admin.post('/api/projects/', { name: 'Environments' }));
  const value = 'x'.repeat(32_000);
  const environment = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, value]));
  const create = (count: number) =>
    app.admin.post('/api/tasks/', {
      title: 'x',
      project_id: project.id,
      environment: environment(count),
    });
  const task = await data(201, create(4));
  expect(await refusal(create(5))).toBe('422 VALIDATION_ERROR');
  expect(await refusal(app.admin.put(`/api/tasks/${task.id}`, { environment: environment(5) }))).toBe(
    '422 VALIDATION_ERROR',
  );
  const command = { command: 'true', environment: environment(5) };
  expect(await refusal(app.admin.post('/api/commands/execute', command))).toBe('422 VALIDATION_ERROR');
});

test('lists and histories omit the environment and truncate long texts, details contain both', async () => {
  const session = await data(201, app.admin.post('/api/sessions/', {}));
  const person = app.admin.with({ 'x-session-id': session.session_id });
  const project = await data(201, person.post('/api/projects/', { name: 'Long' }));
  const command = `true ${'c'.repeat(60 * KiB)}`;
  const environment = { KEY: 'e'.repeat(30 * KiB) };
  const task = await data(
    201,
    person.post('/api/tasks/', { title: 'x', project_id: project.id, command, environment }),
  );
  await data(
    200,
    person.put(`/api/tasks/${task.id}`, { command: `${command} again`, environment: { KEY: 'other' } }),
  );
  await data(200, person.post('/api/commands/execute', { command, environment, stream_output: false }));
  await data(202, person.post(`/api/tasks/${task.id}/execute`, {}));
  const lists = [
    '/api/tasks/',
    '/api/tasks/?search=x',
    `/api/projects/${project.id}/tasks`,
    `/api/tasks/${task.id}/history`,
    `/api/tasks/${task.id}/executions`,
    '/api/commands/history',
    '/api/commands/running',
    `/api/sessions/${session.session_id}/history`,
  ];
  for (const path of lists) {
    const { bytes, body } = await app.admin.get(path);
    expect([path, body.error, bytes.length < 15 * KiB]).toEqual([path, null, true]);
    expect(bytes.includes('eeee')).toBe(false);
  }
  const listed = (await data(200, app.admin.get('/api/tasks/'))).items[0];
  expect(listed).toMatchObject({ command: command.slice(0, KiB), command_truncated: true });
  expect(listed).not.toHaveProperty('environment');
  const { history } = await data(200, app.admin.get(`/api/tasks/${task.id}/history`));
  const updated = history.find(({ action }: { action: string }) => action === 'updated');
  expect(updated.details).toEqual({
    old_value: { command: command.slice(0, KiB), truncated: ['command', 'environment'] },
    new_value: { command: command.slice(0, KiB), truncated: ['command', 'environment'] },
  });
  const detail = await data(200, app.admin.get(`/api/tasks/${task.id}`));
  expect(detail).toMatchObject({ command: `${command} again`, environment: { KEY: 'other' } });
  expect(JSON.stringify(detail.history)).not.toContain('eeee');
  const execution = await data(200, app.admin.get(`/api/executions/${detail.execution_id}`));
  expect(execution.command).toBe(`${command} again`);
});

test('a page that is too large for one response is refused, and a smaller limit works', async () => {
  const { id } = await data(201, app.admin.post('/api/projects/', { name: 'Large' }));
  await app.query(
    `INSERT INTO tasks (id, project_id, number, title, description, created_by)
     SELECT gen_random_uuid(), $1, 1000 + n, 'large', repeat('d', 500000), $2 FROM generate_series(1, 80) AS n`,
    [id, app.admin.user.id],
  );
  const list = (pageSize: number) => app.admin.get(`/api/projects/${id}/tasks?page_size=${pageSize}`);
  const refused = await list(80);
  expect(await refusal(refused)).toBe('422 ANSWER_TOO_LARGE');
  expect(refused.body.error.details.limit).toBe(32 * KiB * KiB);
  expect((await data(200, list(50))).items).toHaveLength(50);
});

test('a large response is complete, compressed or not, also for concurrent requests', async () => {
  const { id } = await data(201, app.admin.post('/api/projects/', { name: 'Odd' }));
  // written as JSON a control character takes six bytes
  await app.query(
    `INSERT INTO tasks (id, project_id, number, title, description, created_by)
     SELECT gen_random_uuid(), $1, 2000 + n, 'odd ' || n, repeat(chr(1) || 'é', 20000), $2 FROM generate_series(1, 50) AS n`,
    [id, app.admin.user.id],
  );
  const expected = '\u0001é'.repeat(20_000);
  const list = (encoding: string) =>
    app.admin.get(`/api/projects/${id}/tasks?page_size=50`, {
      headers: { 'accept-encoding': encoding },
    });
  for (const encoding of ['identity', 'br']) {
    const { items, total } = await data(200, list(encoding));
    expect(total).toBe(50);
    expect(items.every(({ description }: { description: string }) => description === expected)).toBe(true);
  }
  // one is written and eight may wait; how many of more are refused depends on how fast they are read
  const answers = await Promise.all(Array.from({ length: 9 }, () => list('identity')));
  expect(answers.map(({ status, bytes }) => [status, bytes.length > 7 * KiB * KiB])).toEqual(
    answers.map(() => [200, true]),
  );
});
