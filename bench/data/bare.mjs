/**
 * The table of the peers: the columns of the same tasks that the ceiling and the reference application need, with only the indexes for
 * their lists.
 */
export async function copyForPeers(db) {
  await db.query('DROP SCHEMA IF EXISTS bare CASCADE');
  await db.query('CREATE SCHEMA bare');
  await db.query('CREATE TABLE bare.projects AS SELECT id, name FROM projects');
  await db.query('ALTER TABLE bare.projects ADD PRIMARY KEY (id)');
  await db.query(
    `CREATE TABLE bare.tasks (
       id uuid PRIMARY KEY, project_id uuid NOT NULL REFERENCES bare.projects (id), title text NOT NULL,
       description text NOT NULL DEFAULT '', command text, status text NOT NULL DEFAULT 'pending',
       priority integer NOT NULL DEFAULT 5, exit_code integer, started_at timestamptz, completed_at timestamptz,
       created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now())`,
  );
  await db.query(
    `INSERT INTO bare.tasks (id, project_id, title, description, command, status, priority, started_at, completed_at,
                             created_at, updated_at)
     SELECT id, project_id, title, description, command, status, priority, started_at, completed_at, created_at, updated_at
       FROM tasks`,
  );
  await db.query('CREATE INDEX ON bare.tasks (created_at, id)');
  await db.query('CREATE INDEX ON bare.tasks (project_id, status, created_at)');
  await db.query(
    `CREATE TABLE bare.executions (
       id uuid PRIMARY KEY, task_id uuid NOT NULL REFERENCES bare.tasks (id), status text NOT NULL DEFAULT 'queued',
       exit_code integer, stdout text, stderr text, queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
       started_at timestamptz, finished_at timestamptz)`,
  );
  await db.query('CREATE INDEX ON bare.executions (task_id)');
  await db.query('VACUUM ANALYZE bare.tasks');
}
