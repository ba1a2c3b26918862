import { beforeAll, expect, test } from 'vitest';
import { wasDone } from '../../src/http/idempotency.interceptor.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { data, makeJob, makeProject, refusal, countValues, type Json } from './steps.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});
const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });
const make = (client: Client, key: string, title = 'once') =>
  client.post('/api/tasks/', { title, project_id: project.id }, keyed(key));
const count = async (title: string) => {
  const [row] = await app.query<{ n: number }>('SELECT count(*)::int AS n FROM tasks WHERE title = $1', [
    title,
  ]);
  return row?.n;
};

test('a POST repeated with its key returns the first response and is executed once', async () => {
  const first = await make(owner, 'a key');
  expect(await refusal(first)).toBe('422 VALIDATION_INVALID_FORMAT');
  const answers = [await make(owner, 'key-1'), await make(owner, 'key-1'), await make(owner, 'key-1')];
  expect(answers.map(({ status, headers }) => [status, headers.get('idempotency-replayed')])).toEqual([
    [201, null],
    [201, 'true'],
    [201, 'true'],
  ]);
  for (const { body } of answers) expect(body.data).toEqual(answers[0]?.body.data);
  expect(await count('once')).toBe(1);
});

test('concurrent requests with one key are executed once, and the others are asked to retry', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => make(owner, 'key-2', 'at once')));
  const codes = answers.map(({ status, body }) => `${status} ${body.error?.code ?? body.data.id}`);
  expect(await count('at once')).toBe(1);
  for (const [code, times] of Object.entries(countValues(codes)))
    expect([code.split(' ')[0], times]).toEqual(code.startsWith('201') ? ['201', times] : ['409', times]);
  const conflict = answers.find(({ status }) => status === 409);
  if (conflict) {
    expect(await refusal(conflict)).toBe('409 IDEMPOTENCY_CONFLICT');
    expect(conflict.headers.get('retry-after')).toBe('1');
  }
  expect((await make(owner, 'key-2', 'at once')).status).toBe(201);
  expect(await count('at once')).toBe(1);
});

test('after a crash, a committed request is not repeated, and one that was not committed is executed', async () => {
  const done = await make(owner, 'key-crash', 'crashed after');
  expect(done.status).toBe(201);
  // as a process leaves them that is killed after the commit of the first, and before that of the second
  await app.query(
    `UPDATE idempotency_keys SET status = NULL, response = NULL, created_at = created_at - interval '3 minutes' WHERE key = 'key-crash'`,
  );
  await app.query("UPDATE activity SET at = at - interval '3 minutes' WHERE entity_id = $1", [
    done.body.data.id,
  ]);
  const again = await make(owner, 'key-crash', 'crashed after');
  expect(await refusal(again)).toBe('409 IDEMPOTENCY_CONFLICT');
  expect(again.body.error.message).toContain('was carried out');
  expect(await count('crashed after')).toBe(1);

  const early = await make(owner, 'key-begun', 'crashed before');
  await app.query(
    `UPDATE idempotency_keys SET status = NULL, response = NULL, request_id = 'another', created_at = created_at - interval '3 minutes'
      WHERE key = 'key-begun'`,
  );
  const late = await make(owner, 'key-begun', 'crashed before');
  expect([early.status, late.status, late.headers.get('idempotency-replayed')]).toEqual([201, 201, null]);
});

test('the check whether a lost request was committed reads few pages, however active its user is', async () => {
  const { id } = owner.user;
  await app.query(
    `INSERT INTO activity (id, at, actor_id, request_id, entity_type, entity_id, action)
     SELECT gen_random_uuid(), now() - n * interval '10 ms', $1, gen_random_uuid()::text, 'task', $1, 'busy'
       FROM generate_series(1, 20000) AS n`,
    [id],
  );
  await app.query('ANALYZE activity');
  await app.query(
    `INSERT INTO idempotency_keys (user_id, key, fingerprint, request_id, created_at)
     VALUES ($1, 'key-busy', '', 'lost', now() - interval '5 minutes')`,
    [id],
  );
  const [row] = await app.query<{ 'QUERY PLAN': Json }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT ${wasDone} FROM idempotency_keys k WHERE user_id = $1 AND key = 'key-busy'`,
    [id],
  );
  const { Plan: plan } = row!['QUERY PLAN'][0];
  expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(30);
  await app.query("DELETE FROM activity WHERE action = 'busy'");
});

test('the order of fields and a trailing slash do not make a request different', async () => {
  const { id } = project;
  const first = await data(
    201,
    owner.post('/api/tasks/', { title: 'ordered', project_id: id, metadata: { a: 1, b: 2 } }, keyed('key-o')),
  );
  const body = { metadata: { b: 2, a: 1 }, project_id: id, title: 'ordered' };
  const again = await owner.post('/api/tasks', body, keyed('key-o'));
  expect([again.headers.get('idempotency-replayed'), again.body.data.id]).toEqual(['true', first.id]);
  expect(await count('ordered')).toBe(1);
});

test('an idempotency key is bound to its request and its user', async () => {
  await data(201, make(owner, 'key-3', 'bound'));
  expect(await refusal(make(owner, 'key-3', 'another title'))).toBe('409 IDEMPOTENCY_CONFLICT');
  expect(await refusal(owner.post('/api/projects/', { name: 'x' }, keyed('key-3')))).toBe(
    '409 IDEMPOTENCY_CONFLICT',
  );
  await data(201, make(app.admin, 'key-3', 'bound'));
  expect(await count('bound')).toBe(2);
});

test('an error is not stored, so that the key can be used again', async () => {
  const task = await makeJob(owner, project, 'true');
  const path = `/api/tasks/${task.id}/retry`;
  for (let time = 0; time < 2; time += 1)
    expect(await refusal(owner.post(path, undefined, keyed('key-4')))).toBe('409 TASK_NOT_RETRYABLE');
});

test('a repeated execute request returns the same execution', async () => {
  const task = await makeJob(owner, project, 'true');
  const execute = () => data(202, owner.post(`/api/tasks/${task.id}/execute`, {}, keyed('key-5')));
  const first = await execute();
  expect(await execute()).toEqual(first);
  expect((await data(200, owner.get(`/api/tasks/${task.id}/executions`))).executions).toHaveLength(1);
});

test('a request that was considered lost does not store a response for the one that took over its key', async () => {
  const command = { command: 'sleep 30', stream_output: false };
  const execute = () => owner.post('/api/commands/execute', command, keyed('key-6'));
  const running = (count: number) =>
    until(async () => {
      const rows = await app.query<{ id: string }>(
        "SELECT id FROM executions WHERE command = $1 AND status = 'running' ORDER BY id",
        [command.command],
      );
      return rows.length === count ? rows.map(({ id }) => id) : undefined;
    });
  const first = execute();
  const [firstId] = await running(1);
  await app.query(
    "UPDATE idempotency_keys SET created_at = now() - interval '3 minutes' WHERE key = 'key-6'",
  );
  // it has left an activity entry, so it is not taken for lost; without one it is
  expect(await refusal(execute())).toBe('409 IDEMPOTENCY_CONFLICT');
  await app.query('UPDATE activity SET request_id = NULL WHERE entity_id = $1', [firstId]);
  const second = execute();
  const [, secondId] = await running(2);
  await owner.post(`/api/commands/${firstId}/cancel`);
  expect((await data(200, first)).command_id).toBe(firstId);
  expect(await refusal(execute())).toBe('409 IDEMPOTENCY_CONFLICT');
  await owner.post(`/api/commands/${secondId}/cancel`);
  expect((await data(200, second)).command_id).toBe(secondId);
  expect((await data(200, execute())).command_id).toBe(secondId);
});
