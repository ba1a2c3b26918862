import { isDeepStrictEqual } from 'node:util';
import { Client as Postgres } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute as executeCommand, run } from '../commands/steps.js';
import { data, execute, holding, makeJob, makeProject, reached } from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import { until } from '../support/until.js';

const app = useApp({ env: { HOUSEKEEPING_SECONDS: '1' } });
let client: Postgres;
beforeAll(async () => {
  client = new Postgres(app.env['DATABASE_URL']);
  await client.connect();
});
afterAll(() => client.end());

const usage = async (owner: string) => {
  const rows = await app.query<{ shard: number; bytes: string }>(
    'SELECT shard, bytes FROM output_usage WHERE owner = $1 ORDER BY shard',
    [owner],
  );
  return { shards: rows.length, bytes: rows.reduce((sum, { bytes }) => sum + Number(bytes), 0) };
};

/** The blocks that a statement reads when it is repeated. */
async function blocksOf(statement: string): Promise<number> {
  let blocks = 0;
  for (let turn = 0; turn < 3; turn += 1) {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`);
    blocks = rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks'];
  }
  return blocks;
}

test('executions that end at the same time do not wait for the commits of each other', async () => {
  await client.query('SELECT pg_advisory_lock(1)');
  // a commit that takes long: it waits here for the lock, and holds those of its transaction
  await client.query(`CREATE FUNCTION hold_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$`);
  await client.query(`CREATE CONSTRAINT TRIGGER held AFTER UPDATE ON executions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.command = 'echo held' AND NEW.status = 'completed') EXECUTE FUNCTION hold_commit()`);
  const isHeld = async (count: number) =>
    (await app.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND NOT granted"))
      .length === count;
  const person = await app.admin.createUser('developer');
  const project = await makeProject(person);
  const held = await makeJob(person, project, 'echo held');
  await execute(person, held);
  await until(() => isHeld(1), { what: 'the commit of a run of the project to be held' });
  const own = await executeCommand(person, 'echo held');
  await until(() => isHeld(2), { what: 'that of a command without a project to be held, too' });
  const free = await makeJob(person, project, 'echo free');
  await execute(person, free);
  await reached(person, free, 'completed');
  expect(await run(person, 'echo own')).toMatchObject({ status: 'completed' });
  await client.query('SELECT pg_advisory_unlock(1)');
  await reached(person, held, 'completed');
  await until(async () => (await usage(person.user.id)).bytes === 'held\nown\n'.length, {
    what: `the end of ${own.command_id} to be counted`,
  });
  expect((await usage(project.id)).bytes).toBe('held\nfree\n'.length);
  await client.query('DROP TRIGGER held ON executions');
});

test('output counters of closed connections are merged, and keep their sum', async () => {
  const owner = '01890000-0000-7000-8000-000000000001';
  const [mine] = (await client.query('SELECT pg_backend_pid() AS pid')).rows;
  // no process has these ids, which are above the highest that Linux gives
  await app.query('INSERT INTO output_usage VALUES ($1, 5000001, 70), ($1, 5000002, -30), ($1, $2, 2)', [
    owner,
    mine.pid,
  ]);
  await until(async () => (await usage(owner)).shards === 2, { what: 'two of three counters to be merged' });
  expect((await usage(owner)).bytes).toBe(42);
});

test('the renewal of a lease is a HOT update, without new index entries', async () => {
  const project = await makeProject(app.admin);
  const task = await makeJob(app.admin, project, holding('gate'));
  await execute(app.admin, task);
  await reached(app.admin, task, 'running');
  const renew = async () => {
    await client.query('BEGIN');
    await client.query(
      "UPDATE executions SET lease_expires_at = lease_expires_at + interval '1 second' WHERE task_id = $1",
      [task.id],
    );
    const { rows } = await client.query(
      "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'executions'",
    );
    await client.query('ROLLBACK');
    return rows;
  };
  // where the page is full of versions that another transaction may still see, no update of it is one
  await until(async () => isDeepStrictEqual(await renew(), [{ n_tup_upd: '1', n_tup_hot_upd: '1' }]), {
    what: 'a HOT update',
  });
  await data(200, app.admin.post(`/api/tasks/${task.id}/cancel`, {}));
});

test('a queue position is read from few blocks, however many earlier executions have ended', async () => {
  const project = await makeProject(app.admin);
  await app.query(
    `INSERT INTO executions (id, project_id, requested_by, queue, status, command, timeout, blocked)
     SELECT gen_random_uuid(), $1, $2, 1, 'queued', 'true', 60, true FROM generate_series(1, 3000)`,
    [project.id, app.admin.user.id],
  );
  const [last] = await app.query<{ id: string }>(
    "SELECT max(id::text) AS id FROM executions WHERE project_id = $1 AND status = 'queued'",
    [project.id],
  );
  await app.query(
    "UPDATE executions SET status = 'cancelled', finished_at = now(), blocked = false WHERE project_id = $1 AND id <> $2",
    [project.id, last!.id],
  );
  // while another transaction is in progress, a scan cannot mark what has ended for the next one
  await until(async () => (await blocksOf(`SELECT * FROM place_in_line('${last!.id}', 1000)`)) < 300);
  await app.query("DELETE FROM executions WHERE project_id = $1 AND status = 'queued'", [project.id]);
});

test('a queue position is read by its line, whatever the statistics say', async () => {
  const project = await makeProject(app.admin);
  let ids = 0;
  // in the order of their ids, as runs are
  const fill = async (status: 'completed' | 'queued', queue: number, rows: number) => {
    await app.query(
      `INSERT INTO executions (id, project_id, requested_by, queue, status, command, timeout, blocked, finished_at)
       SELECT ('01890000-0000-7000-8000-' || lpad(to_hex($6 + n), 12, '0'))::uuid, $1, $2, $4, $3::text, 'true', 60,
              $3::text = 'queued', CASE WHEN $3::text <> 'queued' THEN now() END
         FROM generate_series(1, $5::int) AS n`,
      [project.id, app.admin.user.id, status, queue, rows, ids],
    );
    ids += rows;
  };
  // with as few in the lines as this, the primary key seemed to be as good
  await fill('completed', 1, 3_600);
  await fill('queued', 2, 300);
  await fill('queued', 1, 200);
  await app.query('VACUUM ANALYZE executions');
  const last = `01890000-0000-7000-8000-${ids.toString(16).padStart(12, '0')}`;
  await until(async () => (await blocksOf(`SELECT * FROM place_in_line('${last}', 1000)`)) < 400);
  await app.query("DELETE FROM executions WHERE project_id = $1 AND status = 'queued'", [project.id]);
});
