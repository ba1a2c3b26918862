import { Client as Postgres } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeToken } from '../../src/credentials/token-format.js';
import { useApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { until } from '../support/until.js';
import { makeProject, makeTask, nobody, refusal, type Json } from './steps.js';

/** More than may wait for their turn, in each of two API processes. */
const requests = 600;

const app = useApp({ env: { DATABASE_POOL_SIZE: '2', TRUST_PROXY: '127.0.0.1' } });

/** Holds a table while something is done, so that every statement that uses it waits. */
async function whileLocked(table: string, work: () => Promise<void>): Promise<void> {
  const blocker = new Postgres({ connectionString: app.databaseUrl });
  await blocker.connect();
  try {
    await blocker.query('BEGIN');
    await blocker.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    await work();
  } finally {
    await blocker.end();
  }
}

/** How many connections wait for the table that is held, with one statement: a job of the server may wait for it with another. */
async function blocked(): Promise<number> {
  const [row] = await app.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
      GROUP BY query ORDER BY n DESC LIMIT 1`,
  );
  return row?.n ?? 0;
}

test('requests beyond the queue limit of a user are refused, and later ones are answered', async () => {
  let answers: Promise<Answer | undefined>[] = [];
  await whileLocked('projects', async () => {
    const send = () => app.admin.get('/api/projects/').catch(() => undefined);
    answers = Array.from({ length: requests }, send);
    // the others wait for the table lock, so the first response is a refusal
    const refused = await Promise.race(answers);
    expect(await refusal(refused!)).toBe('429 RATE_LIMIT_EXCEEDED');
    expect(refused?.headers.get('retry-after')).toBe('1');
  });
  await Promise.all(answers);
  await until(async () => (await app.admin.get('/api/projects/')).status === 200, {
    what: 'requests to be answered again',
  });
});

describe('a user with many requests', () => {
  let loud: Client;
  let quiet: Client;
  let project: Json;
  beforeAll(async () => {
    loud = await app.admin.createUser('developer');
    quiet = await app.admin.createUser('viewer');
    project = await makeProject(app.admin, { visibility: 'internal' });
    await makeTask(app.admin, project);
  });

  const floods: [what: string, table: string, send: () => Promise<Answer>, status: number][] = [
    ['plain reads', 'sessions', () => loud.get(`/api/sessions/${nobody}`), 404],
    ['searches', 'tasks', () => loud.get('/api/tasks/', { query: { search: 'NOT a* OR NOT b*' } }), 200],
    ['sorts without an index', 'tasks', () => loud.get('/api/tasks/', { query: { sort: 'title' } }), 200],
    [
      'clones',
      'task_dependencies',
      () => loud.post(`/api/projects/${project.id}/clone`, { name: 'Copy', include_tasks: true }),
      201,
    ],
  ];

  test.each(floods)('of %s leaves a database connection to others', async (_, table, send, status) => {
    let answers: Promise<Answer>[] = [];
    await whileLocked(table, async () => {
      answers = Array.from({ length: 8 * app.apis.length }, send);
      await until(async () => (await blocked()) >= app.apis.length, { what: 'the flood to have begun' });
      for (const { url } of app.apis) {
        expect((await quiet.get('/api/projects/')).status).toBe(200);
        expect((await fetch(`${url}/api/health/ready`)).status).toBe(200);
      }
      expect(await blocked()).toBe(app.apis.length);
    });
    expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual(answers.map(() => status));
  });

  test('gets SYSTEM_OVERLOADED and no internal error for a read that takes too long', async () => {
    await whileLocked('tasks', async () => {
      const answer = await loud.get('/api/tasks/', { query: { search: 'NOT a*' } });
      expect(await refusal(answer)).toBe('503 SYSTEM_OVERLOADED');
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(answer.body.error.message).toContain('ask for less');
    });
  });
});

test('queries for unknown tokens wait only for others from the same address', async () => {
  const quiet = await app.admin.createUser('viewer');
  const stranger = app.anonymous().with({ 'x-forwarded-for': '10.9.0.3' });
  let answers: Promise<Answer>[] = [];
  await whileLocked('credentials', async () => {
    answers = Array.from({ length: 150 * app.apis.length }, () =>
      Object.assign(stranger.with({}), { token: makeToken() }).get('/api/projects/'),
    );
    await until(async () => (await blocked()) >= app.apis.length, { what: 'the first to be looked up' });
    for (let asked = 0; asked < app.apis.length; asked += 1)
      expect((await quiet.get('/api/projects/')).status).toBe(200);
    expect(await blocked()).toBe(app.apis.length);
  });
  expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([401]));
});

test('many logins from one address wait only for each other', async () => {
  const at = await app.adminAt(app.apis[0]!);
  const finished: string[] = [];
  const signIn = async (address: string) => {
    const headers = { 'x-forwarded-for': address };
    const { status } = await at.post('/api/auth/login', at.credentials, { headers });
    finished.push(address);
    return status;
  };
  const crowd = Array.from({ length: 150 }, () => signIn('10.9.0.1'));
  // some are refused since too many wait, and those that wait are not done
  await until(() => finished.length > 0);
  expect(await signIn('10.9.0.2')).toBe(200);
  expect(finished.length).toBeLessThan(120);
  const statuses = await Promise.all(crowd);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(100);
});
