import { Client, Pool } from 'pg';
import { connectionSettings, createDataSource } from '../../dist/infra/data-source.js';
import { ConnectionPool } from '../../dist/infra/database.js';
import { addUpQueues } from '../../dist/infra/rollups/queue-rollup.queries.js';
import { addUpTasks } from '../../dist/infra/rollups/task-rollup.queries.js';
import { hashPassword } from '../../dist/users/password.js';
import { account } from '../support/millrace.mjs';
import { tags, words } from './words.mjs';

const connections = 2;
const sentences = 30_000;

/** The project in which the benchmarks create tasks, and the one whose pending tasks they list: 2,000 of 100,000. */
export const projects = { made: projectId(40), listed: projectId(3) };

/** The ids of the n-th project and the n-th task, of UUID version 7 like those of Millrace, so that they rise with time. */
export function projectId(n) {
  return `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

/**
 * Fills an empty database with users, projects of uneven size, and tasks with their activity and runs.
 * @param tasks the number of tasks
 */
export async function seed(url, tasks) {
  await migrate(url);
  const db = new Client({ connectionString: url });
  await db.connect();
  try {
    await people(db);
    await texts(db);
    const restore = await withoutIndexes(db, ['tasks', 'activity', 'executions']);
    const part = Math.ceil(tasks / connections);
    const parts = Array.from({ length: connections }, (_, i) => [
      i * part + 1,
      Math.min(tasks, (i + 1) * part),
    ]);
    await inParallel(
      url,
      parts.map((range) => [
        [insertTasks, range],
        [insertActivity, range],
        [insertExecutions, range],
      ]),
    );
    await inParallel(
      url,
      deal(restore).map((list) => list.map((text) => [text])),
    );
    await db.query('DROP TABLE bench_sentences');
    await db.query('INSERT INTO task_numbers (project_id, next) SELECT id, $1 FROM projects', [tasks + 1]);
    await addUp(url);
    // without statistics Postgres would plan for empty tables
    if (tasks > 0) await db.query('VACUUM ANALYZE');
    await db.query('CHECKPOINT');
  } finally {
    await db.end();
  }
}

async function migrate(url) {
  const source = createDataSource({ url, poolSize: 2, applicationName: 'millrace-bench', allEntities: true });
  await source.initialize();
  await source.runMigrations();
  await source.destroy();
}

/** Adds up the sums that a server keeps, as it has done by the time that it has so many tasks. */
async function addUp(url) {
  const pool = new ConnectionPool(
    new Pool({ ...connectionSettings, connectionString: url, max: 1 }),
    console,
  );
  for (const step of [addUpTasks, addUpQueues]) {
    let more = true;
    while (more) more = await step(pool);
  }
  await pool.close();
}

async function people(db) {
  await db.query(
    `INSERT INTO users (id, username, email, password_hash, role)
     SELECT ('01900000-0000-7000-9000-' || lpad(i::text, 12, '0'))::uuid, CASE i WHEN 1 THEN $1 ELSE 'person' || i END,
            'person' || i || '@example.org', $2, CASE i WHEN 1 THEN 'admin' ELSE 'developer' END
       FROM generate_series(1, 50) i`,
    [account.username, await hashPassword(account.password, 'seed')],
  );
  await db.query(
    `INSERT INTO projects (id, key, name, description, visibility, resource_limits, created_by, created_at)
     SELECT ('01900000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'P' || i, 'Project ' || i, 'The project number ' || i,
            CASE WHEN i % 4 = 0 THEN 'internal' ELSE 'private' END,
            '{"max_tasks": 10000000, "max_concurrent_tasks": 1000, "storage_limit": "100GB"}',
            ('01900000-0000-7000-9000-' || lpad((1 + i % 5)::text, 12, '0'))::uuid, now() - interval '3 years'
       FROM generate_series(1, 40) i`,
  );
  await db.query(
    `INSERT INTO project_members (project_id, user_id, role)
     SELECT p.id, u.id, 'developer' FROM projects p, users u WHERE hashtext(p.id::text || u.id::text) % 7 = 0`,
  );
}

/** Creates the sentences of which texts consist: with two of 30,000 and a number, hardly any two tasks have the same text. */
async function texts(db) {
  const random = randomNumbers(7);
  const word = () => words[Math.floor(words.length * random() ** 4)];
  const list = Array.from({ length: sentences }, (_, i) =>
    Array.from({ length: 4 + (i % 9) }, word).join(' '),
  );
  await db.query('CREATE TABLE bench_sentences (id int PRIMARY KEY, text text)');
  await db.query(
    'INSERT INTO bench_sentences SELECT s.id, s.text FROM unnest($1::text[]) WITH ORDINALITY AS s (text, id)',
    [list],
  );
  await db.query('ANALYZE bench_sentences');
}

/** Creates a deterministic random generator (mulberry32), so that every run has the same data. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Inserts tasks: a tenth is in project 3, with equal parts of each status; the others are distributed unevenly. */
const insertTasks = `
  INSERT INTO tasks (id, project_id, number, title, description, status, priority, progress_percentage, estimated_duration,
                     actual_duration, assigned_to, created_by, tags, metadata, command, created_at, updated_at, started_at,
                     completed_at, version, execution_id)
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(i % 4096), 3, '0') || '8'
            || lpad(to_hex(i), 15, '0'))::uuid,
         ('01900000-0000-7000-8000-' || lpad(project::text, 12, '0'))::uuid, i,
         initcap(left(a.text, 1)) || substr(a.text, 2, 90), a.text || '. ' || b.text || ', see number ' || i || '.',
         status, 1 + floor(10 * power(random(), 1.2))::int, CASE status WHEN 'completed' THEN 100 ELSE 0 END,
         CASE WHEN i % 3 = 0 THEN 900 * (1 + i % 16) END, CASE WHEN ended THEN 1 + 600 * power(random(), 3) END,
         CASE WHEN i % 5 < 3 THEN ('01900000-0000-7000-9000-' || lpad((1 + i % 50)::text, 12, '0'))::uuid END,
         ('01900000-0000-7000-9000-' || lpad((1 + (i / 7) % 50)::text, 12, '0'))::uuid,
         (array[$TAGS])[1 + i % 17 : 1 + i % 17 + i % 4], jsonb_build_object('component', left(b.text, 12), 'points', i % 13),
         CASE WHEN i % 4 = 0 THEN 'make -C build job-' || i END, at, at + interval '1 hour' * (i % 100),
         CASE WHEN ended THEN at + interval '10 minutes' END, CASE WHEN ended THEN at + interval '1 hour' END, 1 + i % 4,
         CASE WHEN ended THEN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(i % 4096), 3, '0')
                                 || '9' || lpad(to_hex(i), 15, '0'))::uuid END
    FROM (SELECT i, at, project, status, status IN ('completed', 'failed', 'cancelled') AS ended,
                 1 + floor(random() * ${sentences})::int AS first, 1 + floor(random() * ${sentences})::int AS second
            FROM (SELECT i, now() - interval '2 years' + interval '2 years' * (i::float8 / 1000000) AS at,
                         CASE WHEN i % 10 = 0 THEN 3 ELSE 1 + floor(39 * power(random(), 3))::int END AS project,
                         CASE WHEN i % 10 = 0
                              THEN (array['pending', 'completed', 'failed', 'cancelled', 'completed'])[1 + (i / 10) % 5]
                              ELSE (array['completed', 'completed', 'completed', 'completed', 'completed', 'completed',
                                          'pending', 'pending', 'failed', 'cancelled'])[1 + (i / 3) % 10] END AS status
                    FROM generate_series($1::int, $2::int) i) AS drawn) AS task
    JOIN bench_sentences a ON a.id = task.first JOIN bench_sentences b ON b.id = task.second`.replace(
  '$TAGS',
  tags.map((tag) => `'${tag}'`).join(', '),
);

const insertActivity = `
  INSERT INTO activity (id, at, actor_id, entity_type, entity_id, project_id, action, new_value)
  SELECT gen_random_uuid(), created_at, created_by, 'task', id, project_id, 'created',
         jsonb_build_object('title', title, 'status', 'pending', 'priority', priority, 'ref', number)
    FROM tasks WHERE number BETWEEN $1 AND $2
   UNION ALL
  SELECT gen_random_uuid(), completed_at, assigned_to, 'task', id, project_id, 'status_changed', to_jsonb(status)
    FROM tasks WHERE number BETWEEN $1 AND $2 AND completed_at IS NOT NULL
   UNION ALL
  SELECT gen_random_uuid(), started_at, assigned_to, 'task', id, project_id, 'started', NULL
    FROM tasks WHERE number BETWEEN $1 AND $2 AND started_at IS NOT NULL`;

/** Inserts the run of each task that has ended. Half of them are of the last month, as where old ones are removed. */
const insertExecutions = `
  INSERT INTO executions (id, task_id, project_id, requested_by, queue, status, reason, command, timeout, attempt, created_at,
                          admitted_at, started_at, finished_at, exit_code, generation)
  SELECT execution_id, id, project_id, created_by, CASE WHEN priority <= 3 THEN 0 WHEN priority <= 7 THEN 1 ELSE 2 END, status,
         CASE status WHEN 'failed' THEN 'TASK_EXECUTION_FAILED' WHEN 'cancelled' THEN 'TASK_CANCELLED' END,
         coalesce(command, 'make job-' || number), 3600, 1, at, at, at + interval '1 second' * (number % 90),
         at + interval '1 second' * (number % 90 + actual_duration),
         CASE status WHEN 'completed' THEN 0 WHEN 'failed' THEN 2 ELSE -15 END, 1
    FROM (SELECT *, CASE WHEN number % 2 = 0 THEN created_at ELSE now() - interval '1 hour' - (now() - created_at) / 25 END AS at
            FROM tasks WHERE number BETWEEN $1 AND $2 AND execution_id IS NOT NULL) AS ended`;

/** Drops indexes before a bulk insert. @returns the statements that create them again */
async function withoutIndexes(db, tables) {
  const { rows } = await db.query(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes i
      WHERE tablename = ANY($1) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)`,
    [tables],
  );
  for (const { name } of rows) await db.query(`DROP INDEX "${name}"`);
  return rows.map(({ definition }) => definition);
}

function deal(list) {
  return Array.from({ length: connections }, (_, i) => list.filter((_, at) => at % connections === i));
}

/** Runs lists of statements in parallel, each list on its own connection. */
async function inParallel(url, lists) {
  await Promise.all(
    lists.map(async (statements) => {
      const db = new Client({ connectionString: url });
      await db.connect();
      try {
        await db.query("SET maintenance_work_mem = '512MB'; SET synchronous_commit = off");
        for (const [text, values] of statements) await db.query(text, values);
      } finally {
        await db.end();
      }
    }),
  );
}
