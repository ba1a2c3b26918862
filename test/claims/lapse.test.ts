import { beforeAll, describe, expect, test } from 'vitest';
import { claimNext } from '../agents/steps.js';
import {
  data,
  execute,
  makeJob,
  makeProject,
  makeTask,
  reached,
  refusal,
  show,
  type Json,
} from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

const app = useApp();
let agent: Client;
let project: Json;
beforeAll(async () => {
  agent = await app.admin.createUser('developer');
  project = await makeProject(agent, { settings: { max_claims: 2 } });
});

const short = { lease_seconds: 1 };
const open = (task: Json) => until(async () => (await show(agent, task)).claim === null);
const complete = ({ claim_id, token }: Json) => agent.post(`/api/claims/${claim_id}/complete`, { token });

describe('a claim that lapses', () => {
  test('opens the task again, and after max_claims blocks it', async () => {
    const task = await makeTask(agent, project);
    const first = await claimNext(agent, project, short);
    expect(first.task.id).toBe(task.id);
    await open(task);
    expect(await show(agent, task)).toMatchObject({
      status: 'pending',
      assigned_to: null,
      started_at: null,
      blocker: null,
    });
    expect(await refusal(complete(first))).toBe('409 CLAIM_LOST');
    const entry = (await show(agent, task)).history.find(({ action }: Json) => action === 'claim_lost');
    expect(entry).toMatchObject({
      user_id: null,
      old_value: { claim_id: first.claim_id, user_id: agent.user.id, reason: 'lapsed' },
    });

    await claimNext(agent, project, short);
    await open(task);
    const blocker = `2 claims have lapsed, the last one of ${agent.user.username}`;
    expect(await show(agent, task)).toMatchObject({ status: 'pending', blocker });
    expect((await agent.post('/api/claims/', { project_id: project.id })).status).toBe(204);
    // clearing the blocker begins anew
    await data(200, agent.put(`/api/tasks/${task.id}`, { blocker: null }));
    await claimNext(agent, project, short);
    await open(task);
    expect(await show(agent, task)).toMatchObject({ blocker: null });
    await data(200, complete(await claimNext(agent, project)));
  });

  test('lives as long as it is renewed', async () => {
    const task = await makeTask(agent, project);
    const { claim_id, token } = await claimNext(agent, project, { lease_seconds: 2 });
    const begun = Date.now();
    await until(async () => {
      await data(200, agent.post(`/api/claims/${claim_id}/heartbeat`, { token }));
      return Date.now() - begun > 4_000;
    });
    expect((await show(agent, task)).claim).toMatchObject({ claim_id });
    await data(200, complete({ claim_id, token }));
  });

  test('leaves a run under way, which decides then', async () => {
    const job = await makeJob(agent, project, 'sleep 4; echo done');
    await claimNext(agent, project, short);
    await execute(agent, job);
    await open(job);
    expect(['queued', 'running']).toContain((await show(agent, job)).status);
    expect(await reached(agent, job, 'completed')).toMatchObject({ last_run: { exit_code: 0 } });
  });

  test('wakes who waits for a task', async () => {
    const task = await makeTask(agent, project);
    await claimNext(agent, project, short);
    const next = await claimNext(agent, project, { wait_seconds: 30 });
    expect(next.task.id).toBe(task.id);
    await data(200, complete(next));
  });
});

/** Makes the tasks of a project take more than they may. */
const overfill = (own: Json) =>
  app.query(
    `INSERT INTO task_counts (project_id, status, shard, n, bytes) VALUES ($1, 'pending', -1, 0, 1000000000)`,
    [own.id],
  );

describe('where the tasks of a project take more than they may', () => {
  test('a claim lapses and blocks its task all the same', async () => {
    const own = await makeProject(agent, { settings: { max_claims: 1 } });
    const task = await makeTask(agent, own);
    await claimNext(agent, own, short);
    await overfill(own);
    await open(task);
    expect(await show(agent, task)).toMatchObject({ status: 'pending', assigned_to: null });
    expect((await show(agent, task)).blocker).toContain('1 claims have lapsed');
  });

  test('a holder ends a claim, but without a result', async () => {
    const own = await makeProject(agent);
    const tasks = [await makeTask(agent, own), await makeTask(agent, own)];
    const [first, second] = [await claimNext(agent, own), await claimNext(agent, own)];
    await overfill(own);
    await data(200, agent.post(`/api/claims/${first.claim_id}/release`, { token: first.token }));
    const { claim_id, token } = second;
    const withResult = agent.post(`/api/claims/${claim_id}/complete`, { token, result: 'Long' });
    expect(await refusal(withResult)).toBe('409 PROJECT_LIMIT_EXCEEDED');
    await data(200, complete(second));
    const states = await Promise.all(tasks.map((task) => show(agent, task)));
    expect(states.map(({ status, claim }) => [status, claim])).toEqual([
      ['pending', null],
      ['completed', null],
    ]);
    // what changes the task otherwise is refused as before
    expect(await refusal(agent.put(`/api/tasks/${tasks[0]!.id}`, { title: 'Other' }))).toBe(
      '409 PROJECT_LIMIT_EXCEEDED',
    );
  });
});

test('claims that cannot be ended keep no other from it, and say so once in a while', async () => {
  const stuck = await makeProject(agent);
  const tasks = await Promise.all(Array.from({ length: 120 }, () => makeTask(agent, stuck)));
  await Promise.all(tasks.map(() => claimNext(agent, stuck)));
  // as a fault would that nobody has thought of
  await app.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.project_id = '${stuck.id}' THEN RAISE 'stuck'; END IF; RETURN NEW; END $$`);
  await app.query(
    'CREATE TRIGGER refuse BEFORE UPDATE OF claim_lapses ON tasks FOR EACH ROW EXECUTE FUNCTION refuse()',
  );
  await app.query('UPDATE claims SET expires_at = now() - $1::interval WHERE task_id = ANY ($2)', [
    '1 hour',
    tasks.map(({ id }) => id),
  ]);
  const lines = () =>
    app.processes
      .flatMap(({ stdout, stderr }) => `${stdout}\n${stderr}`.split('\n'))
      .filter((line) => line.includes('will try again later'));
  await until(() => lines().length > 0);
  const task = await makeTask(agent, project);
  await claimNext(agent, project, short);
  await open(task);
  expect(lines().length).toBeLessThanOrEqual(3 * app.processes.length);
  await app.query('DROP TRIGGER refuse ON tasks');
  await until(
    async () => {
      const [row] = await app.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM claims WHERE expires_at < now()',
      );
      return row!.n === 0;
    },
    { timeout: 40_000, what: 'the claims to be ended when they are tried again' },
  );
});

test('no claim is lost or given twice when every process is killed', async () => {
  const own = await makeProject(agent);
  for (let index = 0; index < 30; index += 1) await makeTask(agent, own);
  const claimed: Json[] = [];
  const work = async () => {
    for (;;) {
      const answer = await agent
        .post('/api/claims/', { project_id: own.id, lease_seconds: 5 })
        .catch(() => undefined);
      if (answer === undefined || answer.status === 204) return;
      claimed.push(await data(200, answer));
    }
  };
  const workers = Array.from({ length: 6 }, work);
  await until(() => claimed.length >= 8);
  await Promise.all(app.processes.map((server) => server.stop('SIGKILL')));
  await Promise.all(workers);
  await Promise.all(app.processes.map((server) => app.restart(server)));

  const ids = claimed.map(({ task }) => task.id);
  expect(new Set(ids).size).toBe(ids.length);
  // what was claimed is held by its claim alone, and what was not can be claimed
  const rows = await app.query<{ running: number; held: number; consistent: boolean }>(
    `SELECT count(*) FILTER (WHERE t.status = 'running')::int AS running, count(c.id)::int AS held,
            bool_and((t.status = 'running') = (c.id IS NOT NULL) AND (t.claim_id IS NOT DISTINCT FROM c.id)) AS consistent
       FROM tasks t LEFT JOIN claims c ON c.task_id = t.id WHERE t.project_id = $1`,
    [own.id],
  );
  expect(rows[0]!.consistent).toBe(true);
  expect(rows[0]!.held).toBeGreaterThanOrEqual(0);
  // all of them are open again when the leases have passed
  await until(
    async () => {
      const [row] = await app.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM tasks WHERE project_id = $1 AND status = 'pending' AND claim_id IS NULL",
        [own.id],
      );
      return row!.n === 30;
    },
    { timeout: 30_000 },
  );
});
