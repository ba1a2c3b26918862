import { projectId, projects } from './seed.mjs';

/**
 * Creates what a database with a number of tasks lacks so that each endpoint has something to read: a session and a webhook with a tenth as
 * many entries, a token, a command that has ended, comments, a checklist, and tasks with a type, a due date and a blocker.
 * @returns the values of the parameters of paths
 */
export async function makeReadable(db, api, tasks) {
  const session = await api.post('/api/sessions', { project_id: projects.made });
  const token = await api.post('/api/personal-access-tokens', { label: 'bench', scopes: ['tasks.read'] });
  const webhook = await api.post('/api/webhooks', {
    project_id: projects.made,
    url: 'http://127.0.0.1:9/bench',
    events: ['project.updated'],
  });
  const userId = `01900000-0000-7000-9000-${'1'.padStart(12, '0')}`;
  const entries = tasks / 10;
  await db.query(
    `INSERT INTO activity (id, at, actor_id, session_id, entity_type, entity_id, action)
     SELECT gen_random_uuid(), now(), $1, $2, 'session', $2, 'updated' FROM generate_series(1, $3::int)`,
    [userId, session.session_id ?? session.id, entries],
  );
  const { rows: deliveries } = await db.query(
    `WITH made AS (
       INSERT INTO webhook_deliveries (id, webhook_id, event, data, status, attempts, delivered_at)
       SELECT gen_random_uuid(), $1, 'project.updated', '{}', 'delivered', 1, now() FROM generate_series(1, $2::int) RETURNING id)
     SELECT id FROM made LIMIT 1`,
    [webhook.id, entries],
  );
  const { rows: commands } = await db.query(
    `INSERT INTO executions (id, requested_by, status, command, timeout, created_at, admitted_at, started_at, finished_at, exit_code)
     SELECT gen_random_uuid(), $1, 'completed', 'true', 60, now(), now(), now(), now(), 0 FROM generate_series(1, $2::int)
     RETURNING id`,
    [userId, entries],
  );
  const { rows: runs } = await db.query(
    'SELECT id, task_id FROM executions WHERE task_id IS NOT NULL AND project_id = $1 ORDER BY id LIMIT 1',
    [projects.listed],
  );
  const task = runs[0].task_id;
  // what few tasks have
  await db.query(
    `UPDATE tasks SET type = 'bug', due_at = created_at + interval '30 days', planned = true,
            blocker = CASE WHEN status IN ('completed', 'cancelled') THEN NULL ELSE 'Waits' END
      WHERE number % 100 = 7`,
  );
  const { rows: comments } = await db.query(
    `INSERT INTO comments (id, task_id, author_id, body)
     SELECT gen_random_uuid(), $1, $2, 'A comment of some words, as people write them' FROM generate_series(1, 500) RETURNING id`,
    [task, userId],
  );
  await db.query(
    `INSERT INTO checklist_items (id, task_id, text, position) SELECT gen_random_uuid(), $1, 'A step', n FROM generate_series(0, 49) AS n`,
    [task],
  );
  const { rows: documents } = await db.query(
    `WITH kinds AS (SELECT * FROM (VALUES ('plan', 100), ('doc', 500), ('memory', $1::int)) AS k (kind, n)),
     made AS (
       INSERT INTO documents (id, kind, project_id, task_id, title, body, tags, created_by, updated_by, bytes)
       SELECT gen_random_uuid(), kind, CASE WHEN kind <> 'plan' THEN $2::uuid END, CASE WHEN kind = 'plan' THEN $3::uuid END,
              'Document ' || i, repeat('Words to remember, and more of them. ', 100), CASE WHEN i % 50 = 0 THEN '{ci}' ELSE '{}' END::text[],
              $4, $4, 8000
         FROM kinds CROSS JOIN LATERAL generate_series(1, n) AS i RETURNING id, kind, version, title, body)
     , kept AS (
       INSERT INTO document_versions (document_id, version, title, body, author_id)
       SELECT id, version, title, body, $4 FROM made WHERE kind <> 'memory')
     SELECT id FROM made WHERE kind = 'plan'`,
    [tasks / 100, projectId(3), task, userId],
  );
  const { rows: attachments } = await db.query(
    `INSERT INTO attachments (id, linked_type, linked_id, project_id, name, url, created_by)
     SELECT gen_random_uuid(), 'task', $1, $2, 'Link ' || n, 'https://example.com/' || n, $3 FROM generate_series(1, 300) AS n RETURNING id`,
    [task, projects.listed, userId],
  );
  // the listed project is the backlog of an agent
  const { rows: agents } = await db.query(
    `WITH agent AS (
       INSERT INTO users (id, kind, username, full_name, role) VALUES (gen_random_uuid(), 'agent', 'bench-agent', 'Agent', 'developer') RETURNING id)
     , keys AS (
       INSERT INTO credentials (id, user_id, created_by, label, scopes, token_hash, hint)
       SELECT gen_random_uuid(), agent.id, $2, 'Key ' || n, '{tasks.read}', sha256(n::text::bytea), 'mlr_key_…' FROM agent, generate_series(1, 50) AS n)
     UPDATE projects SET agent_id = agent.id, ref_digits = 3 FROM agent WHERE projects.id = $1 RETURNING agent.id`,
    [projects.listed, userId],
  );
  const { rows: labels } = await db.query(
    `INSERT INTO labels (id, project_id, name) SELECT gen_random_uuid(), $1, 'label ' || n FROM generate_series(1, 500) AS n RETURNING id`,
    [projects.listed],
  );
  const { rows: schedules } = await db.query(
    `INSERT INTO schedules (id, project_id, name, cron, task_id, created_by)
     SELECT gen_random_uuid(), $1, 'Schedule ' || n, '*/5 * * * *', $2, $3 FROM generate_series(1, 200) AS n RETURNING id`,
    [projectId(3), task, userId],
  );
  await db.query(
    `INSERT INTO schedule_occurrences (schedule_id, scheduled_for, status, execution_id, task_id)
     SELECT $1, now() - n * interval '5 minutes', 'fired', $2, $3 FROM generate_series(1, $4::int) AS n`,
    [schedules[0].id, runs[0].id, task, tasks / 10],
  );
  await db.query(
    'VACUUM ANALYZE schedules, schedule_occurrences, activity, webhook_deliveries, executions, tasks, comments, documents, attachments, labels',
  );
  return {
    session_id: session.session_id ?? session.id,
    token_id: token.id,
    webhook_id: webhook.id,
    delivery_id: deliveries[0].id,
    command_id: commands[0].id,
    execution_id: runs[0].id,
    task_id: task,
    comment_id: comments[0].id,
    attachment_id: attachments[0].id,
    label_id: labels[0].id,
    schedule_id: schedules[0].id,
    agent_id: agents[0].id,
    document_id: documents[0].id,
    version: 1,
    project_id: projectId(3),
    user_id: userId,
  };
}
