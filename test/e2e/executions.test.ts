import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { LiveSocket } from '../realtime/live-socket.js';
import { twoOfBoth, useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import {
  data,
  execute,
  holding,
  lastExecution,
  makeJob,
  makeProject,
  makeTask,
  outputOf,
  reached,
  refusal,
  runJob,
  show,
  countValues,
  type Json,
} from './steps.js';

const app = useApp({ roles: twoOfBoth, env: { CANCEL_GRACE_SECONDS: '1' } });
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const cancel = (task: Json, body?: unknown) => owner.post(`/api/tasks/${task.id}/cancel`, body);

/** Waits until a command has written something: a run is `running` a little before its command is there. */
const speaks = (executionId: string) =>
  until(() =>
    app
      .query('SELECT 1 FROM output_segments WHERE execution_id = $1', [executionId])
      .then(({ length }) => length),
  );
const retry = (task: Json) => owner.post(`/api/tasks/${task.id}/retry`);
const executionsOf = async (task: Json): Promise<Json[]> =>
  (await data(200, owner.get(`/api/tasks/${task.id}/executions`))).executions;

describe('execute', () => {
  test('answers 202 with the execution and its queue position, and the task follows its status', async () => {
    const task = await makeJob(owner, project, 'echo out; echo err >&2');
    const queued = await execute(owner, task, { priority: 'high', options: { timeout: 60 } });
    expect(queued).toMatchObject({ task_id: task.id, execution_id: expect.any(String), status: 'queued' });
    expect(Object.keys(queued).toSorted()).toEqual([
      'estimated_start_time',
      'execution',
      'execution_id',
      'exit_code',
      'queue_position',
      'status',
      'task_id',
      'why_waiting',
    ]);
    const done = await reached(owner, task, 'completed');
    expect(done).toMatchObject({
      progress_percentage: 100,
      execution_id: queued.execution_id,
      why_waiting: null,
    });
    expect(Date.parse(done.completed_at)).toBeGreaterThanOrEqual(Date.parse(done.started_at));
    expect(done.history.map(({ new_value }: Json) => new_value?.status ?? new_value)).toEqual([
      'pending',
      'queued',
      'running',
      'completed',
    ]);
    const execution = await data(200, owner.get(`/api/executions/${queued.execution_id}`));
    expect(execution).toMatchObject({
      execution_id: queued.execution_id,
      task_id: task.id,
      project_id: project.id,
      status: 'completed',
      reason: null,
      priority: 'high',
      attempt: 1,
      retry_of: null,
      timeout: 60,
      requested_by: owner.user.id,
      exit_code: 0,
      error: null,
      output_bytes: 8,
    });
    const { inputs: _, summary: __, ...listed } = execution;
    expect(await executionsOf(task)).toEqual([{ ...listed, command_truncated: false }]);
    const stranger = await app.admin.createUser('developer');
    expect(await refusal(stranger.get(`/api/executions/${queued.execution_id}`))).toBe(
      '404 RESOURCE_NOT_FOUND',
    );
  });

  test('by concurrent requests answers one with 202 and the others with 409', async () => {
    for (let round = 0; round < 3; round += 1) {
      const task = await makeJob(owner, project, holding(`round-${round}`));
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => owner.post(`/api/tasks/${task.id}/execute`)),
      );
      expect(countValues(answers.map(({ status, body }) => `${status} ${body.error?.code}`))).toEqual({
        '202 undefined': 1,
        '409 TASK_ALREADY_RUNNING': 4,
      });
      expect(await executionsOf(task)).toHaveLength(1);
      await data(200, cancel(task));
    }
  });

  test('is refused for a task without a command', async () => {
    const task = await makeTask(owner, project);
    expect(await refusal(owner.post(`/api/tasks/${task.id}/execute`))).toBe('422 TASK_NOT_EXECUTABLE');
    expect((await show(owner, task)).status).toBe('pending');
  });

  test('refuses invalid options', async () => {
    const task = await makeJob(owner, project, 'true');
    for (const body of [
      { priority: 'urgent' },
      { options: { timeout: 0 } },
      { options: { retry_attempts: 21 } },
      { options: 'none' },
      'not an object',
    ])
      expect((await owner.post(`/api/tasks/${task.id}/execute`, JSON.stringify(body))).status).toBe(422);
    expect(await executionsOf(task)).toEqual([]);
  });

  test('refuses a timeout above the maximum instead of lowering it', async () => {
    const task = await makeJob(owner, project, 'true');
    // as it was stored before tasks were refused it
    await app.query('UPDATE tasks SET timeout = 86401 WHERE id = $1', [task.id]);
    const asks = [
      () => owner.post(`/api/tasks/${task.id}/execute`),
      () => owner.post(`/api/tasks/${task.id}/execute`, { options: { timeout: 90_000 } }),
      () => owner.post('/api/commands/execute', { command: 'true', timeout: 90_000 }),
    ];
    for (const ask of asks) {
      const answer = await ask();
      expect(await refusal(answer)).toBe('422 VALIDATION_ERROR');
      expect(answer.body.error.details).toMatchObject({ field: 'timeout', limit: 86_400 });
    }
    expect(await executionsOf(task)).toEqual([]);
    await execute(owner, task, { options: { timeout: 86_400 } });
  });

  test('works repeatedly, each time with a new execution', async () => {
    const task = await makeJob(owner, project, 'true');
    for (let count = 1; count <= 3; count += 1) {
      const { execution_id } = await execute(owner, task);
      const done = await reached(owner, task, 'completed');
      expect(done.execution_id).toBe(execution_id);
      expect(await executionsOf(task)).toHaveLength(count);
    }
  });
});

describe('a command', () => {
  test('reports its exit code, or the signal as a negative number', async () => {
    const codes: [string, number][] = [
      ['exit 3', 3],
      ['exit 255', 255],
      ['no-such-command-anywhere', 127],
      ['kill -KILL $$', -9],
      ['kill -TERM $$', -15],
    ];
    const executions = await Promise.all(codes.map(([command]) => runJob(owner, project, command, 'failed')));
    expect(executions.map(({ exit_code, reason }) => [exit_code, reason])).toEqual(
      codes.map(([, code]) => [code, 'TASK_EXECUTION_FAILED']),
    );
  });

  test('gets the environment of its task, and variables of the task take precedence', async () => {
    const execution = await runJob(
      owner,
      project,
      'echo "$OWN|$TASK_TITLE|$HOME|$PWD|$MILLRACE_EXECUTION_ID"',
      'completed',
      { title: 'A "title" $(id)', environment: { OWN: 'my own; value', TASK_ID: 'given' } },
    );
    const output = await outputOf(app, execution.execution_id);
    const [own, title, home, directory, id] = output.trim().split('|');
    expect([own, title, home, id]).toEqual([
      'my own; value',
      'A "title" $(id)',
      directory,
      execution.execution_id,
    ]);
  });

  test('defaults to that of the project, and gets the task as TASK_ variables', async () => {
    const command_template =
      'printf "%s\\n" "$TASK_ID" "$TASK_REF" "$TASK_TITLE" "$TASK_DESCRIPTION" "$TASK_PRIORITY" "$TASK_TAGS" "$TASK_ESTIMATED_DURATION" "$PROJECT_ID" "$PROJECT_KEY"';
    const templated = await makeProject(owner, { settings: { command_template } });
    const fields = {
      title: 'From a template',
      description: 'two\nlines',
      priority: 2,
      tags: ['a', 'b'],
      estimated_duration: '01:00:00',
    };
    const task = await makeTask(owner, templated, fields);
    await execute(owner, task);
    await reached(owner, task, 'completed');
    const { execution_id, command } = await lastExecution(owner, task);
    expect(command).toBe(command_template);
    expect(await outputOf(app, execution_id)).toBe(
      `${task.id}\n${task.ref}\nFrom a template\ntwo\nlines\n2\na,b\n01:00:00\n${templated.id}\n${templated.key}\n`,
    );
  });

  test('is executed whatever the length of the task’s description', async () => {
    // the kernel takes 128 KiB for one variable
    const description = '語'.repeat(50_000);
    const execution = await runJob(owner, project, 'printf %s "$TASK_DESCRIPTION" | head -c 6', 'completed', {
      description,
    });
    expect(await outputOf(app, execution.execution_id)).toBe('語語');
  });

  test('runs in the persistent workspace of its project, and nowhere outside of it', async () => {
    await runJob(owner, project, 'mkdir -p sub/deep && echo kept > sub/deep/file && ln -sfn /etc out');
    const inside = await runJob(owner, project, 'cat file; pwd', 'completed', {
      working_directory: 'sub/deep',
    });
    const [content, directory] = (await outputOf(app, inside.execution_id)).split('\n');
    expect(content).toBe('kept');
    expect(directory).toMatch(/\/sub\/deep$/);
    await runJob(
      owner,
      project,
      `ln -sfn sub/deep/ link; ln -sfn '${directory}' sub/whole; ln -sfn ../sub/whole sub/twice`,
    );
    for (const working_directory of [directory, 'link', 'sub/whole', 'sub/twice', './sub//twice/']) {
      const same = await runJob(owner, project, 'pwd', 'completed', { working_directory });
      expect(await outputOf(app, same.execution_id)).toBe(`${directory}\n`);
    }
    for (const working_directory of ['..', '../..', 'sub/../../..', '/etc', '../../users', 'a\0b']) {
      const answer = await owner.post('/api/tasks/', {
        title: 'x',
        project_id: project.id,
        command: 'pwd',
        working_directory,
      });
      expect([working_directory, answer.status, answer.body.error?.details.field]).toEqual([
        working_directory,
        422,
        'working_directory',
      ]);
    }
    // what only the worker can see
    await runJob(
      owner,
      project,
      'ln -sfn nowhere dangling; ln -sfn loop loop; mkdir -p shut && chmod 0 shut',
    );
    // an error reveals neither the target of a link outside of the workspace nor whether it exists
    await runJob(
      owner,
      project,
      'ln -sfn /no/such/folder away; ln -sfn /etc/passwd file; ln -sfn ../up up; ln -sfn out/x over',
    );
    const faults = {
      out: 'is outside the workspace',
      away: 'is outside the workspace',
      file: 'is outside the workspace',
      up: 'is outside the workspace',
      over: 'is outside the workspace',
      'out/nothing': 'is outside the workspace',
      missing: 'does not exist in the workspace',
      'sub/deep/file': 'is not a folder',
      'sub/deep/file/x': 'is not a folder',
      dangling: 'does not exist in the workspace',
      loop: 'is not a folder',
      shut: "cannot be entered by the command's user",
    };
    for (const [working_directory, fault] of Object.entries(faults)) {
      const execution = await runJob(owner, project, 'pwd', 'failed', { working_directory });
      expect([working_directory, execution]).toEqual([
        working_directory,
        expect.objectContaining({
          exit_code: null,
          output_bytes: 0,
          error: `The working directory "${working_directory}" ${fault}`,
        }),
      ]);
    }
    const other = await runJob(
      owner,
      await makeProject(owner),
      `cat ${directory}/file 2>&1 || ls`,
      'completed',
    );
    expect(other.exit_code).toBe(0);
  });

  test('does not see secrets of the server', async () => {
    const execution = await runJob(
      owner,
      project,
      `id -u; env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; ls -la ${app.dataDir} 2>&1; cat ${app.dataDir}/* 2>&1; true`,
    );
    const output = await outputOf(app, execution.execution_id);
    for (const secret of ['ADMIN_PASSWORD', 'DATABASE_URL', 'REDIS_URL', 'JWT_SECRET', app.databaseUrl])
      expect(output).not.toContain(secret);
    if (process.getuid?.() === 0) {
      expect(output.split('\n')[0]).not.toBe('0');
      const stored = await app.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM executions WHERE command LIKE 'id -u;%'",
      );
      expect(stored).toEqual([{ n: 1 }]);
    }
  });

  test('that exceeds its timeout fails with TASK_TIMEOUT', async () => {
    const task = await makeJob(owner, project, 'echo begun; sleep 60', { timeout: 60 });
    await execute(owner, task, { options: { timeout: 1 } });
    await reached(owner, task, 'failed');
    const execution = await lastExecution(owner, task);
    expect(execution).toMatchObject({ reason: 'TASK_TIMEOUT', exit_code: -15, timeout: 1, output_bytes: 6 });
  });
});

describe('a failed attempt', () => {
  test('is retried automatically up to max_retries times, after a backoff', async () => {
    // fails once, and then not
    const task = await makeJob(owner, project, 'if [ -e tried ]; then exit 0; else touch tried; exit 7; fi');
    await execute(owner, task, { options: { retry_attempts: 2 } });
    await until(async () => (await show(owner, task)).why_waiting === 'retry_backoff', {
      what: 'the pause before the second attempt',
    });
    await reached(owner, task, 'completed');
    const [second, first, ...others] = await executionsOf(task);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ attempt: 1, status: 'failed', exit_code: 7, retry_of: null });
    expect(second).toMatchObject({ attempt: 2, status: 'completed', retry_of: first.execution_id });
    expect(Date.parse(second.started_at)).toBeGreaterThan(Date.parse(first.completed_at) + 900);
  });

  test('is not retried beyond max_retries, and fails the task', async () => {
    const task = await makeJob(owner, project, 'exit 5', { retry_attempts: 1 });
    await execute(owner, task);
    await reached(owner, task, 'failed');
    const executions = await executionsOf(task);
    expect(executions.map(({ attempt, status }) => [attempt, status])).toEqual([
      [2, 'failed'],
      [1, 'failed'],
    ]);
  });

  test('can be retried by hand, with the next attempt number', async () => {
    const task = await makeJob(owner, project, 'exit 5');
    expect(await refusal(retry(task))).toBe('409 TASK_NOT_RETRYABLE');
    await execute(owner, task, { priority: 'low', options: { timeout: 77 } });
    await reached(owner, task, 'failed');
    const first = await lastExecution(owner, task);
    await data(200, owner.put(`/api/tasks/${task.id}`, { command: holding('never') }));
    const again = await data(202, retry(task));
    expect(again).toMatchObject({ task_id: task.id, status: 'queued', retry_attempt: 2 });
    await reached(owner, task, 'running');
    expect(await refusal(retry(task))).toBe('409 TASK_ALREADY_RUNNING');
    await data(200, cancel(task));
    const third = await data(202, retry(task));
    expect(third.retry_attempt).toBe(3);
    await reached(owner, task, 'running');
    await data(200, cancel(task));
    expect((await executionsOf(task))[1]).toMatchObject({
      retry_of: first.execution_id,
      priority: 'low',
      timeout: 77,
      attempt: 2,
    });
  });

  test('is not retried when it was cancelled', async () => {
    const task = await makeJob(owner, project, 'sleep 60');
    await execute(owner, task, { options: { retry_attempts: 3 } });
    await reached(owner, task, 'running');
    await data(200, cancel(task));
    expect((await show(owner, task)).status).toBe('cancelled');
    expect(await executionsOf(task)).toHaveLength(1);
  });
});

describe('cancel', () => {
  test('of a running task terminates its processes and answers when they have ended', async () => {
    const task = await makeJob(owner, project, 'sleep 1234 & echo on; sleep 1235');
    const { execution_id } = await execute(owner, task);
    await speaks(execution_id);
    const answer = await data(200, cancel(task, { reason: 'Requirements changed' }));
    expect(answer).toEqual({
      task_id: task.id,
      execution_id,
      status: 'cancelled',
      cancelled_at: expect.stringMatching(/Z$/),
      reason: 'Requirements changed',
      exit_code: -15,
    });
    expect(await show(owner, task)).toMatchObject({ status: 'cancelled', execution_id });
    expect(await lastExecution(owner, task)).toMatchObject({ status: 'cancelled', reason: 'TASK_CANCELLED' });
  });

  test('of a command that ignores SIGTERM kills it', async () => {
    const task = await makeJob(owner, project, "trap '' TERM; echo deaf; while :; do sleep 1; done");
    const { execution_id } = await execute(owner, task);
    await speaks(execution_id);
    expect(await data(200, cancel(task))).toMatchObject({ status: 'cancelled', exit_code: -9, reason: null });
  });

  test('of a queued task removes it from the queue', async () => {
    const narrow = await makeProject(owner, { resource_limits: { max_concurrent_tasks: 1 } });
    const first = await makeJob(owner, narrow, 'sleep 60');
    const second = await makeJob(owner, narrow, 'true');
    await execute(owner, first);
    const { queue_position } = await execute(owner, second);
    expect(queue_position === null || queue_position > 0).toBe(true);
    expect(await data(200, cancel(second))).toMatchObject({ status: 'cancelled', exit_code: null });
    await reached(owner, first, 'running');
    await data(200, cancel(first));
    expect((await lastExecution(owner, second)).started_at).toBeNull();
  });

  test('of a task that is not active is refused', async () => {
    const task = await makeJob(owner, project, 'true');
    expect(await refusal(cancel(task))).toBe('409 TASK_NOT_RUNNING');
    await execute(owner, task);
    await reached(owner, task, 'completed');
    expect(await refusal(cancel(task))).toBe('409 TASK_NOT_RUNNING');
  });

  test('twice at once cancels once', async () => {
    const task = await makeJob(owner, project, 'sleep 60');
    await execute(owner, task);
    await reached(owner, task, 'running');
    const answers = await Promise.all([cancel(task), cancel(task), cancel(task)]);
    for (const { status, body } of answers)
      if (status !== 409) expect([status, body.data.status]).toEqual([200, 'cancelled']);
    const { history } = await show(owner, task);
    expect(history.filter(({ new_value }: Json) => new_value === 'cancelled')).toHaveLength(1);
  });

  test('during the start takes effect', async () => {
    const tasks = await Promise.all(Array.from({ length: 6 }, () => makeJob(owner, project, 'sleep 60')));
    await Promise.all(
      tasks.map(async (task) => {
        await execute(owner, task);
        expect(await data(200, cancel(task))).toMatchObject({ status: 'cancelled' });
      }),
    );
    for (const task of tasks) expect((await show(owner, task)).status).toBe('cancelled');
  });
});

test('the status of an active task cannot be set, and the task cannot be deleted', async () => {
  const task = await makeJob(owner, project, 'sleep 60');
  await execute(owner, task);
  const path = `/api/tasks/${task.id}`;
  expect(await refusal(owner.put(path, { status: 'completed' }))).toBe('409 TASK_ALREADY_RUNNING');
  expect(await refusal(owner.delete(path))).toBe('409 RESOURCE_IN_USE');
  expect(await data(200, owner.put(path, { title: 'renamed' }))).toMatchObject({ title: 'renamed' });
  await data(200, cancel(task));
  await data(200, owner.put(path, { status: 'pending' }));
});

describe('dependencies', () => {
  test('that were not started prevent an execution', async () => {
    const first = await makeJob(owner, project, 'true', { title: 'first' });
    const second = await makeJob(owner, project, 'true', { dependencies: [first.id] });
    const answer = await owner.post(`/api/tasks/${second.id}/execute`);
    expect(await refusal(answer)).toBe('409 TASK_DEPENDENCY_NOT_MET');
    expect(answer.body.error.details.dependencies).toEqual([{ id: first.id, status: 'pending' }]);
    await data(200, owner.put(`/api/tasks/${first.id}`, { status: 'completed' }));
    await execute(owner, second);
    await reached(owner, second, 'completed');
  });

  test('that are active are waited for, and each dependent starts once, after the last of them', async () => {
    const gate = `gate-${project.id.slice(-4)}`;
    const firsts = await Promise.all([1, 2].map(() => makeJob(owner, project, holding(gate))));
    const on = firsts.map(({ id }) => id);
    const dependents = await Promise.all(
      [1, 2, 3].map((n) => makeJob(owner, project, `echo ${n} >> started-${gate}`, { dependencies: on })),
    );
    const last = await makeJob(owner, project, `cat started-${gate}`, {
      dependencies: dependents.map(({ id }) => id),
    });
    for (const task of firsts) await execute(owner, task);
    for (const task of [...dependents, last]) {
      expect(await execute(owner, task)).toMatchObject({
        why_waiting: 'dependencies',
        estimated_start_time: null,
      });
      expect(await show(owner, task)).toMatchObject({ status: 'queued', why_waiting: 'dependencies' });
    }
    await runJob(owner, project, `touch ${gate}`);
    await reached(owner, last, 'completed');
    const { execution_id } = await lastExecution(owner, last);
    expect((await outputOf(app, execution_id)).split('\n').toSorted().join('')).toBe('123');
    const ends = await Promise.all(
      firsts.map(async (task) => Date.parse((await show(owner, task)).completed_at)),
    );
    for (const task of [...dependents, last]) {
      const executions = await executionsOf(task);
      expect(executions).toHaveLength(1);
      expect(Date.parse(executions[0].started_at)).toBeGreaterThanOrEqual(Math.max(...ends));
    }
  });

  test('that fail or are cancelled fail their dependents, transitively', async () => {
    const first = await makeJob(owner, project, 'sleep 60');
    const second = await makeJob(owner, project, 'true', { dependencies: [first.id] });
    const third = await makeJob(owner, project, 'true', { dependencies: [second.id] });
    for (const task of [first, second, third]) await execute(owner, task);
    await data(200, cancel(first));
    for (const task of [second, third]) {
      await reached(owner, task, 'failed');
      expect(await lastExecution(owner, task)).toMatchObject({
        reason: 'TASK_DEPENDENCY_NOT_MET',
        started_at: null,
        exit_code: null,
        output_bytes: 0,
      });
    }
  });
});

test('max_concurrent_tasks is respected, and the others start in order', async () => {
  const narrow = await makeProject(owner, { resource_limits: { max_concurrent_tasks: 2 } });
  const { execution_id: first } = await runJob(owner, narrow, 'pwd');
  const workspace = (await outputOf(app, first)).trim();
  const command = `echo "begin $N" >> log; ${holding('gate')}; sleep 0.1; echo "end $N" >> log`;
  const tasks = [];
  for (let n = 1; n <= 6; n += 1)
    tasks.push(await makeJob(owner, narrow, command, { environment: { N: String(n) } }));
  for (const [index, task] of tasks.entries())
    expect(await execute(owner, task)).toMatchObject(index < 2 ? {} : { why_waiting: 'project_limit' });
  for (const task of tasks.slice(0, 2)) await reached(owner, task, 'running');
  expect(await show(owner, tasks[2])).toMatchObject({ status: 'queued', why_waiting: 'project_limit' });
  await writeFile(join(workspace, 'gate'), '');
  for (const task of tasks) await reached(owner, task, 'completed');
  const lines = (await readFile(join(workspace, 'log'), 'utf8')).trim().split('\n');
  expect(lines).toHaveLength(12);
  let running = 0;
  for (const line of lines) {
    running += line.startsWith('begin') ? 1 : -1;
    expect(running).toBeLessThanOrEqual(2);
  }
  // the order in which they were let in: two workers may take two that were let in together the other way round
  const admitted = await app.query<{ task_id: string }>(
    'SELECT task_id FROM executions WHERE task_id = ANY($1) ORDER BY admitted_at, id',
    [tasks.map(({ id }) => id)],
  );
  expect(admitted.map(({ task_id }) => task_id)).toEqual(tasks.map(({ id }) => id));
});

test('storage_limit stops executions once the output of a project has reached it', async () => {
  const small = await makeProject(owner, { resource_limits: { storage_limit: '10B' } });
  await runJob(owner, small, 'echo more than ten bytes');
  const more = await makeJob(owner, small, 'true');
  const refused = await owner.post(`/api/tasks/${more.id}/execute`);
  expect(await refusal(refused)).toBe('409 PROJECT_LIMIT_EXCEEDED');
  expect(refused.body.error.details).toMatchObject({ limit: 'storage_limit', stored_bytes: 20 });
  await data(200, owner.put(`/api/projects/${small.id}`, { resource_limits: { storage_limit: '1KB' } }));
  await runJob(owner, small, 'true');
});

test('the requester of an execution is notified of its end, unless the preferences disable it', async () => {
  const person = await app.admin.createUser('developer');
  const own = await makeProject(person);
  const socket = await LiveSocket.open(app.wsUrl, person.token);
  await socket.ask({ type: 'subscribe', channel: 'notifications' }, 'subscribed');
  const wish = (task_updates: boolean) =>
    data(200, person.put('/api/users/preferences', { notifications: { task_updates } }));
  const titles: string[] = [];
  for (const [willing, command] of [
    [true, 'true'],
    [false, 'true'],
    [true, 'false'],
  ] as const) {
    await wish(willing);
    const task = await makeJob(person, own, command);
    titles.push(task.title);
    await execute(person, task);
    await reached(person, task, command === 'true' ? 'completed' : 'failed');
  }
  const failed = await socket.next('notification', ({ title }) => title === 'Task failed');
  expect(failed.data).toMatchObject({ level: 'error', message: titles[2], project_id: own.id });
  const all = socket.messages
    .filter(({ type }) => type === 'notification')
    .map(({ data: notice }) => notice.title);
  expect(all).toEqual(['Task completed', 'Task failed']);
  await socket.close();
});

test('tasks start in order of priority', async () => {
  const narrow = await makeProject(owner, { resource_limits: { max_concurrent_tasks: 1 } });
  const holder = await makeJob(owner, narrow, holding('open'));
  await execute(owner, holder);
  await reached(owner, holder, 'running');
  const order = ['low', 'normal', 'high', 'low', 'normal', 'high'];
  const tasks: Json[] = [];
  for (const priority of order) {
    const task = await makeJob(owner, narrow, `echo ${priority} >> order`);
    await execute(owner, task, { priority });
    tasks.push(task);
  }
  await data(200, cancel(holder));
  for (const task of tasks) await reached(owner, task, 'completed');
  const { execution_id } = await runJob(owner, narrow, 'cat order');
  expect((await outputOf(app, execution_id)).trim().split('\n')).toEqual([
    'high',
    'high',
    'normal',
    'normal',
    'low',
    'low',
  ]);
});

test('an execution without a free slot reports worker_busy with its queue position', async () => {
  const slots = (await data(200, owner.get('/api/queues/status'))).workers.total;
  await data(200, app.admin.put(`/api/users/${owner.user.id}`, { max_running: slots + 10 }));
  const wide = await makeProject(owner, { resource_limits: { max_concurrent_tasks: 100 } });
  const holders = await Promise.all(Array.from({ length: slots }, () => makeJob(owner, wide, 'sleep 60')));
  await Promise.all(holders.map((task) => execute(owner, task)));
  for (const task of holders) await reached(owner, task, 'running');
  const waiting = await Promise.all([1, 2].map(() => makeJob(owner, wide, 'true')));
  const first = await execute(owner, waiting[0]);
  const second = await execute(owner, waiting[1]);
  expect([first, second]).toEqual([
    expect.objectContaining({ why_waiting: 'worker_busy', queue_position: 1 }),
    expect.objectContaining({ why_waiting: 'worker_busy', queue_position: 2 }),
  ]);
  expect(await show(owner, waiting[0])).toMatchObject({ status: 'queued', why_waiting: 'worker_busy' });
  await Promise.all(holders.map((task) => cancel(task)));
  for (const task of waiting) await reached(owner, task, 'completed');
});
