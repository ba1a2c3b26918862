import { beforeAll, describe, expect, test } from 'vitest';
import {
  data,
  execute,
  holding,
  makeJob,
  makeProject,
  outputOf,
  reached,
  refusal,
  runJob,
  show,
  type Json,
} from '../e2e/steps.js';
import { LiveSocket } from '../realtime/live-socket.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { Receiver } from '../webhooks/receiver.js';
import { makeDue, makeSchedule, occurrencesOf, outcomes, reachedOutcomes, showSchedule } from './steps.js';

// with maintenance for all, and secrets
const app = useApp({ env: { ALLOW_UNISOLATED_SECRETS: 'true' } });
let owner: Client;
let project: Json;

beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner, { resource_limits: { max_tasks: 10_000, max_concurrent_tasks: 100 } });
});

/** Makes the file that a `holding` command waits for. */
const release = (name: string, of = project) => runJob(owner, of, `touch ${name}`);

const jobWith = (command: string, fields: Record<string, unknown> = {}) =>
  makeJob(owner, project, command, fields);
const isEnded = async (execution: string) =>
  ['completed', 'failed', 'cancelled'].includes(
    (await data(200, owner.get(`/api/executions/${execution}`))).status,
  );

describe('a time that has come', () => {
  test('fires by itself, each once, and makes a task each', async () => {
    const template = { title: 'At {{occurrence}}, {{ time }} of {{date}} {{other}}', command: 'true' };
    const made = await makeSchedule(owner, project, {
      cron: '* * * * * *',
      timezone: 'Asia/Kolkata',
      template,
      overlap: 'allow',
    });
    await until(async () => (await outcomes(owner, made)).length >= 4, { what: 'four occurrences' });
    await data(200, owner.put(`/api/schedules/${made.id}`, { enabled: false }));
    const seen = await occurrencesOf(owner, made);
    expect(seen.map(({ status, manual }) => [status, manual])).toEqual(seen.map(() => ['fired', false]));
    const times = seen.map(({ scheduled_for }) => Date.parse(scheduled_for));
    expect(times).toEqual(times.map((_, index) => times[0]! + index * 1000));
    expect(new Set(seen.map(({ task_id }) => task_id)).size).toBe(seen.length);
    const [first] = seen;
    const task = await show(owner, { id: first!.task_id });
    const [day, time] = new Date(times[0]! + 5.5 * 3_600_000).toISOString().split('T');
    expect(task).toMatchObject({
      title: `At ${first!.scheduled_for}, ${time!.slice(0, 5)} of ${day} {{other}}`,
      project_id: project.id,
    });
    const run = await data(200, owner.get(`/api/executions/${first!.execution_id}`));
    expect(run).toMatchObject({ origin: { type: 'schedule', id: made.id }, requested_by: owner.user.id });
    const runs = await app.query('SELECT 1 FROM executions WHERE origin_id = $1', [made.id]);
    expect(runs).toHaveLength(seen.length);
  });

  test('runs its task with its inputs, those of secrets masked', async () => {
    const inputs = [
      { name: 'token', type: 'secret', required: true },
      { name: 'region', type: 'string' },
    ];
    const task = await jobWith('echo "$INPUT_REGION $INPUT_TOKEN" | rev; echo "$INPUT_TOKEN"', { inputs });
    const given = { token: 'correct horse battery', region: 'eu' };
    const made = await makeSchedule(owner, project, { task_id: task.id, inputs: given, priority: 'high' });
    const masked = { token: '***', region: 'eu' };
    expect(made.inputs).toEqual(masked);
    // what was read may be sent back
    const changed = await data(
      200,
      owner.put(`/api/schedules/${made.id}`, { inputs: { ...made.inputs, region: 'us' } }),
    );
    expect(changed.inputs).toEqual({ ...masked, region: 'us' });
    const stored = await app.query(
      'SELECT s::text AS text FROM schedules s UNION ALL SELECT a::text FROM activity a',
    );
    expect(stored.filter(({ text }) => text.includes('battery'))).toEqual([]);
    await makeDue(app, owner, made);
    await reachedOutcomes(owner, made, ['fired']);
    await reached(owner, task, 'completed');
    const { last_run } = await showSchedule(owner, made);
    const run = await data(200, owner.get(`/api/executions/${last_run.execution_id}`));
    expect(run).toMatchObject({ inputs: { ...masked, region: 'us' }, priority: 'high' });
    const output = await outputOf(app, last_run.execution_id);
    expect(output).toContain('yrettab esroh tcerroc su');
    expect(output).not.toContain(given.token);
    expect(last_run).toMatchObject({ status: 'completed', task_id: task.id });
  });

  test('is not fired again when the clock of the host is put back', async () => {
    const task = await jobWith('true');
    const made = await makeSchedule(owner, project, { task_id: task.id });
    await makeDue(app, owner, made, 20);
    await reachedOutcomes(owner, made, ['fired']);
    const [{ scheduled_for }] = (await occurrencesOf(owner, made)) as [Json];
    await reached(owner, task, 'completed');
    await app.query('UPDATE schedules SET next_at = $2, due_at = now() WHERE id = $1', [
      made.id,
      scheduled_for,
    ]);
    await data(200, owner.put(`/api/schedules/${made.id}`, { name: 'Again' }));
    const planned = async () =>
      (
        await app.query<{ later: boolean }>('SELECT next_at > now() AS later FROM schedules WHERE id = $1', [
          made.id,
        ])
      )[0]!.later;
    await until(planned, { what: 'the next time to be planned' });
    expect(await outcomes(owner, made)).toEqual(['fired']);
    expect(await app.query('SELECT 1 FROM executions WHERE origin_id = $1', [made.id])).toHaveLength(1);
  });

  test('is heard of by webhooks and sockets', async () => {
    const own = await makeProject(owner);
    const receiver = await Receiver.start();
    const hook = { url: receiver.url, events: ['schedule.*'], project_id: own.id };
    await data(201, owner.post('/api/webhooks/', hook));
    const socket = await LiveSocket.open(app.wsUrl, owner.token);
    await socket.ask({ type: 'subscribe', channel: 'project_updates', project_id: own.id }, 'subscribed');
    const task = await makeJob(owner, own, holding('go'));
    const made = await makeSchedule(owner, own, { task_id: task.id, name: 'Loud' });
    await makeDue(app, owner, made, 20);
    await reachedOutcomes(owner, made, ['fired']);
    await makeDue(app, owner, made, 10);
    await reachedOutcomes(owner, made, ['fired', 'skipped TASK_ALREADY_RUNNING']);
    await receiver.next(2);
    const [fired, skipped] = await occurrencesOf(owner, made);
    const messages = receiver.received.map(({ body }) => body).toSorted((a, b) => a.sequence - b.sequence);
    const of = { schedule_id: made.id, project_id: own.id, name: 'Loud' };
    expect(messages.map(({ event, data: sent }) => [event, sent])).toEqual([
      [
        'schedule.fired',
        {
          ...of,
          scheduled_for: fired!.scheduled_for,
          task_id: task.id,
          execution_id: fired!.execution_id,
          manual: false,
        },
      ],
      ['schedule.skipped', { ...of, scheduled_for: skipped!.scheduled_for, reason: 'TASK_ALREADY_RUNNING' }],
    ]);
    for (const action of ['fired', 'skipped'])
      await socket.next('project_update', (sent) => sent.entity_id === made.id && sent.action === action);
    await socket.close();
    await release('go', own);
    await reached(owner, task, 'completed');
  });
});

describe('while the last run goes on', () => {
  test('a time is skipped, or waits and runs behind it, one at most', async () => {
    const task = await jobWith(holding('go-queue'));
    const made = await makeSchedule(owner, project, { task_id: task.id, overlap: 'queue' });
    await execute(owner, task);
    await reached(owner, task, 'running');
    await makeDue(app, owner, made, 30);
    await reachedOutcomes(owner, made, ['waiting TASK_ALREADY_RUNNING']);
    await makeDue(app, owner, made, 20);
    await reachedOutcomes(owner, made, ['waiting TASK_ALREADY_RUNNING', 'skipped OCCURRENCE_WAITING']);
    await release('go-queue');
    await reachedOutcomes(owner, made, ['fired', 'skipped OCCURRENCE_WAITING']);
    await reached(owner, task, 'completed');
  });

  test('a time replaces it', async () => {
    const task = await jobWith(holding('go-replace'));
    const made = await makeSchedule(owner, project, { task_id: task.id, overlap: 'replace' });
    const { execution_id } = await execute(owner, task);
    await reached(owner, task, 'running');
    await makeDue(app, owner, made, 30);
    await reachedOutcomes(owner, made, ['fired'], 40_000);
    expect(await data(200, owner.get(`/api/executions/${execution_id}`))).toMatchObject({
      status: 'cancelled',
      error: null,
    });
    await reached(owner, task, 'running');
    await makeDue(app, owner, made, 20);
    await reachedOutcomes(owner, made, ['fired', 'fired'], 40_000);
    const [first] = await occurrencesOf(owner, made);
    expect(await data(200, owner.get(`/api/executions/${first!.execution_id}`))).toMatchObject({
      status: 'cancelled',
    });
    await reached(owner, task, 'running');
    await release('go-replace');
    await reached(owner, task, 'completed');
  });

  test('of a template, a time waits for the task that it has made', async () => {
    const template = { title: 'Made', command: holding('go-template') };
    const made = await makeSchedule(owner, project, { template, overlap: 'queue' });
    await makeDue(app, owner, made, 40);
    await reachedOutcomes(owner, made, ['fired']);
    await makeDue(app, owner, made, 30);
    await reachedOutcomes(owner, made, ['fired', 'waiting TASK_ALREADY_RUNNING']);
    await release('go-template');
    await reachedOutcomes(owner, made, ['fired', 'fired']);
    const [, second] = await occurrencesOf(owner, made);
    await until(() => isEnded(second!.execution_id), { what: 'the second run to end' });
    const running = await makeSchedule(owner, project, {
      template: { title: 'x', command: holding('go-skip') },
    });
    await makeDue(app, owner, running, 40);
    await reachedOutcomes(owner, running, ['fired']);
    await makeDue(app, owner, running, 30);
    await reachedOutcomes(owner, running, ['fired', 'skipped TASK_ALREADY_RUNNING']);
    await release('go-skip');
  });
});

test('a time of a template that allows it runs beside the last run', async () => {
  const template = { title: 'Beside', command: holding('go-beside') };
  const made = await makeSchedule(owner, project, { template, overlap: 'allow' });
  for (const secondsAgo of [40, 30]) {
    const before = (await outcomes(owner, made)).length;
    await makeDue(app, owner, made, secondsAgo);
    await reachedOutcomes(
      owner,
      made,
      Array.from({ length: before + 1 }, () => 'fired'),
    );
  }
  for (const { task_id } of await occurrencesOf(owner, made))
    await reached(owner, { id: task_id }, 'running');
  await release('go-beside');
  for (const { task_id } of await occurrencesOf(owner, made))
    await reached(owner, { id: task_id }, 'completed');
});

describe('after a downtime of a day', () => {
  const catchUp = async (catch_up: string) => {
    const task = await jobWith('true');
    const starts_at = new Date(Date.now() - 10 * 86_400_000).toISOString();
    const made = await makeSchedule(owner, project, {
      cron: null,
      every: '01:00:00',
      starts_at,
      task_id: task.id,
      catch_up,
    });
    await makeDue(app, owner, made, 86_400);
    return made;
  };

  test('the latest time is made up for, and that the others were missed is kept', async () => {
    const made = await catchUp('latest');
    await until(async () => (await outcomes(owner, made)).at(-1) === 'fired', {
      what: 'the latest time to fire',
    });
    const seen = await outcomes(owner, made);
    expect(seen.slice(0, -1)).toEqual(Array.from({ length: seen.length - 1 }, () => 'missed DOWNTIME'));
    expect(seen.length).toBeGreaterThanOrEqual(24);
    expect(Date.parse((await showSchedule(owner, made)).next_runs[0])).toBeGreaterThan(Date.now());
  });

  test('none is', async () => {
    const made = await catchUp('none');
    await until(async () => (await outcomes(owner, made)).length >= 24, { what: 'the missed times' });
    expect(new Set(await outcomes(owner, made))).toEqual(new Set(['missed DOWNTIME']));
  });

  test('all are, one after the other, the oldest first', async () => {
    const made = await catchUp('all');
    const all = async () => {
      const seen = await outcomes(owner, made);
      return seen.length >= 24 && seen.every((outcome) => outcome === 'fired');
    };
    await until(all, { timeout: 60_000, what: 'all times to fire' });
    const rows = await app.query<{ started_at: Date; finished_at: Date | null }>(
      `SELECT e.started_at, e.finished_at FROM schedule_occurrences o JOIN executions e ON e.id = o.execution_id
        WHERE o.schedule_id = $1 ORDER BY o.scheduled_for`,
      [made.id],
    );
    for (const [index, { finished_at }] of rows.slice(0, -1).entries())
      expect(rows[index + 1]!.started_at?.getTime() ?? Infinity).toBeGreaterThanOrEqual(
        finished_at!.getTime(),
      );
  });

  test('of many thousand times the latest hundred are kept', async () => {
    const task = await jobWith('true');
    const made = await makeSchedule(owner, project, {
      cron: '* * * * * *',
      enabled: false,
      task_id: task.id,
      catch_up: 'none',
    });
    await app.query('UPDATE schedules SET enabled = true WHERE id = $1', [made.id]);
    await makeDue(app, owner, made, 3 * 86_400);
    const missed = async () =>
      (await outcomes(owner, made)).filter((outcome) => outcome === 'missed DOWNTIME').length;
    await until(async () => (await missed()) > 0, { what: 'missed times' });
    await data(200, owner.delete(`/api/schedules/${made.id}`));
    const [row] = await app.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM schedule_occurrences WHERE schedule_id = $1 AND status = 'missed'`,
      [made.id],
    );
    expect(row!.n).toBe(100);
  });
});

describe('what is in the way is the reason of a skipped time', () => {
  const skippedFor = async (
    client: Client,
    of: Json,
    task: Json,
    change: () => Promise<unknown>,
    reason: string,
  ) => {
    const made = await makeSchedule(client, of, { task_id: task.id });
    await change();
    await app.query(
      `UPDATE schedules SET next_at = date_trunc('second', now()), due_at = date_trunc('second', now()) WHERE id = $1`,
      [made.id],
    );
    // wakes the processes
    const other = await jobWith('true');
    await makeSchedule(owner, project, { task_id: other.id, enabled: false });
    await reachedOutcomes(app.admin, made, [`skipped ${reason}`]);
    return made;
  };

  test('an archived task, an archived project, a task that is gone', async () => {
    const own = await makeProject(owner);
    const task = await makeJob(owner, own, 'true');
    await skippedFor(
      owner,
      own,
      task,
      () => data(200, owner.post(`/api/tasks/${task.id}/archive`)),
      'TASK_ARCHIVED',
    );
    const gone = await makeJob(owner, own, 'true');
    await skippedFor(
      owner,
      own,
      gone,
      () => data(200, owner.delete(`/api/tasks/${gone.id}`)),
      'TASK_NOT_FOUND',
    );
    const moved = await makeJob(owner, own, 'true');
    const move = () => data(200, owner.post(`/api/tasks/${moved.id}/move`, { project_id: project.id }));
    await skippedFor(owner, own, moved, move, 'TASK_NOT_FOUND');
    const last = await makeJob(owner, own, 'true');
    const archive = () => data(200, owner.put(`/api/projects/${own.id}`, { status: 'archived' }));
    await skippedFor(owner, own, last, archive, 'PROJECT_ARCHIVED');
  });

  test('a maker who is disabled, no member any more, or a viewer now', async () => {
    const makers = await Promise.all([1, 2, 3].map(() => app.admin.createUser('developer')));
    for (const maker of makers)
      await data(
        200,
        owner.put(`/api/projects/${project.id}/members/${maker.user.id}`, { role: 'developer' }),
      );
    const changes = [
      () => data(200, app.admin.put(`/api/users/${makers[0]!.user.id}`, { disabled: true })),
      () => data(200, owner.delete(`/api/projects/${project.id}/members/${makers[1]!.user.id}`)),
      () => data(200, app.admin.put(`/api/users/${makers[2]!.user.id}`, { role: 'viewer' })),
    ];
    for (const [index, change] of changes.entries()) {
      const task = await jobWith('true');
      await skippedFor(makers[index]!, project, task, change, 'MAKER_DISABLED');
    }
  });

  test('maintenance, an unsafe command, a required input', async () => {
    const unsafe = await jobWith('rm -rf /');
    await skippedFor(owner, project, unsafe, async () => undefined, 'COMMAND_UNSAFE');
    const task = await jobWith('true');
    const inputs = [{ name: 'must', required: true }];
    const change = () => data(200, owner.put(`/api/tasks/${task.id}`, { inputs }));
    await skippedFor(owner, project, task, change, 'VALIDATION_ERROR');
    const quiet = await jobWith('true');
    const made = await makeSchedule(owner, project, { task_id: quiet.id });
    await data(200, app.admin.post('/api/system/maintenance', { duration: '01:00:00', message: 'Quiet' }));
    await app.query(
      `UPDATE schedules SET next_at = date_trunc('second', now()), due_at = date_trunc('second', now()) WHERE id = $1`,
      [made.id],
    );
    await data(200, app.admin.put(`/api/schedules/${made.id}`, { description: 'Wakes' }));
    await reachedOutcomes(owner, made, ['skipped SYSTEM_MAINTENANCE']);
    await data(200, app.admin.delete('/api/system/maintenance'));
    // the other processes hear of its end a moment later; what follows makes things again. An invalid body comes behind the maintenance.
    for (const { url } of app.apis) {
      const look = async () => {
        const headers = { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' };
        const answer = await fetch(`${url}/api/projects/`, { method: 'POST', headers, body: '{}' });
        return answer.status === 422;
      };
      await until(look, { what: `the end of the maintenance at ${url}` });
    }
  });
});

test('it is switched off after failed runs in a row, which tells its maker', async () => {
  const own = await makeProject(owner);
  const receiver = await Receiver.start();
  await data(
    201,
    owner.post('/api/webhooks/', { url: receiver.url, events: ['schedule.disabled'], project_id: own.id }),
  );
  const socket = await LiveSocket.open(app.wsUrl, owner.token);
  await socket.ask({ type: 'subscribe', channel: 'notifications' }, 'subscribed');
  const task = await makeJob(owner, own, 'exit 1');
  const made = await makeSchedule(owner, own, { task_id: task.id, disable_after_failures: 2 });
  const fail = async (secondsAgo: number) => {
    const before = (await outcomes(owner, made)).length;
    await makeDue(app, owner, made, secondsAgo);
    await until(async () => (await outcomes(owner, made)).length > before, { what: 'the time to fire' });
    await reached(owner, task, 'failed');
  };
  await fail(40);
  expect(await showSchedule(owner, made)).toMatchObject({ enabled: true, consecutive_failures: 1 });
  await fail(30);
  const off = await until(async () => {
    const shown = await showSchedule(owner, made);
    return shown.enabled ? undefined : shown;
  });
  expect(off).toMatchObject({
    consecutive_failures: 2,
    next_runs: [],
    disabled_reason: '2 runs in a row have failed',
  });
  expect(off.disabled_at).not.toBeNull();
  expect((await receiver.next()).body).toMatchObject({
    event: 'schedule.disabled',
    data: { schedule_id: made.id, consecutive_failures: 2 },
  });
  await socket.next('notification', (sent) => sent.title === 'Schedule switched off');
  await socket.close();
  const on = await data(200, owner.put(`/api/schedules/${made.id}`, { enabled: true }));
  expect(on).toMatchObject({
    enabled: true,
    consecutive_failures: 0,
    disabled_at: null,
    disabled_reason: null,
  });
});

test('somebody starts it now, with their own rights, and its times stay', async () => {
  const task = await jobWith('true');
  const made = await makeSchedule(owner, project, { task_id: task.id, enabled: false });
  const queued = await data(202, app.admin.post(`/api/schedules/${made.id}/run`));
  expect(queued).toMatchObject({ task_id: task.id, status: 'queued' });
  await reached(owner, task, 'completed');
  const [seen] = await occurrencesOf(owner, made);
  expect(seen).toMatchObject({ status: 'fired', manual: true, execution_id: queued.execution_id });
  const run = await data(200, owner.get(`/api/executions/${queued.execution_id}`));
  expect(run.requested_by).toBe(app.admin.user.id);
  const held = await jobWith(holding('go-manual'));
  const busy = await makeSchedule(owner, project, { task_id: held.id });
  await data(202, owner.post(`/api/schedules/${busy.id}/run`));
  expect(await refusal(owner.post(`/api/schedules/${busy.id}/run`))).toBe('409 TASK_ALREADY_RUNNING');
  await reached(owner, held, 'running');
  await release('go-manual');
});

test('many that are due at once fire once each, over all processes', async () => {
  const own = await makeProject(owner, { resource_limits: { max_tasks: 10_000, max_concurrent_tasks: 2 } });
  const template = { title: 'One of many', command: 'true' };
  const first = await makeSchedule(owner, own, { template });
  await app.query(
    `INSERT INTO schedules (id, project_id, name, cron, template, created_by, next_at, due_at)
     SELECT gen_random_uuid(), project_id, name, cron, template, created_by, date_trunc('second', now()), now()
       FROM schedules, generate_series(1, 150) WHERE id = $1`,
    [first.id],
  );
  await data(200, owner.put(`/api/schedules/${first.id}`, { name: 'Wakes' }));
  const fired = async () =>
    (
      await app.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM schedule_occurrences o JOIN schedules s ON s.id = o.schedule_id
          WHERE s.project_id = $1 AND o.status = 'fired'`,
        [own.id],
      )
    )[0]!.n;
  await until(async () => (await fired()) === 150, { timeout: 30_000, what: 'all to fire' });
  const [runs] = await app.query(
    `SELECT count(*)::int AS runs, count(DISTINCT origin_id)::int AS schedules FROM executions WHERE project_id = $1`,
    [own.id],
  );
  expect(runs).toEqual({ runs: 150, schedules: 150 });
});
