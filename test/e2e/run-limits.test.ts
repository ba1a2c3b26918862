import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { living, token } from '../faults/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import {
  data,
  execute,
  lastExecution,
  makeJob,
  makeProject,
  outputOf,
  reached,
  refusal,
  runJob,
  type Json,
} from './steps.js';

const app = useApp({ env: { CANCEL_GRACE_SECONDS: '1' } });
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const show = 'ulimit -v; ulimit -t; ulimit -f; ulimit -n';

describe('resource limits of an execution', () => {
  test('come from the task, the execution, or the project, up to the maximum of the project', async () => {
    const limited = await makeProject(owner, {
      resource_limits: {
        default_run_limits: { memory: '1GB', open_files: 100 },
        max_run_limits: { cpu_seconds: 50, open_files: 200 },
      },
    });
    const plain = await runJob(owner, limited, show);
    expect(plain.limits).toEqual({ memory: '1GB', cpu_seconds: 50, open_files: 100 });
    expect(await outputOf(app, plain.execution_id)).toBe('1048576\n50\n104857600\n100\n');

    const limits = { memory: '2GB', cpu_seconds: 5, file_size: '1MB', open_files: 300 };
    const task = await makeJob(owner, limited, show, { limits });
    expect(task.limits).toEqual(limits);
    await execute(owner, task, { options: { limits: { cpu_seconds: 7 } } });
    await reached(owner, task, 'completed');
    const own = await lastExecution(owner, task);
    expect(own.limits).toEqual({ ...limits, cpu_seconds: 7, open_files: 200 });
    expect(await outputOf(app, own.execution_id)).toBe('2097152\n7\n2048\n200\n');
  });

  test('apply to commands, and are shown with them', async () => {
    const command = { command: show, limits: { open_files: 64 }, stream_output: false };
    const done = await data(200, owner.post('/api/commands/execute', command));
    expect(done).toMatchObject({ status: 'completed', limits: { open_files: 64 }, network: true });
    expect(done.output.map(({ content }: Json) => content).join('')).toMatch(/\n64\n$/);
  });

  test('terminate an execution with the reason where the kernel reports one', async () => {
    const runs = await Promise.all([
      runJob(owner, project, 'exec sh -c "while :; do :; done"', 'failed', { limits: { cpu_seconds: 1 } }),
      runJob(owner, project, 'sh -c "while :; do :; done"; exit $?', 'failed', {
        limits: { cpu_seconds: 1 },
      }),
      runJob(owner, project, 'exec head -c 9000 /dev/zero > big', 'failed', { limits: { file_size: '8KB' } }),
      runJob(owner, project, 'exec tail /dev/zero', 'failed', { limits: { memory: '64MB' } }),
    ]);
    expect(runs.map(({ exit_code, error }) => [exit_code, error])).toEqual([
      [-24, 'A process used more than the 1 s of processor time that its limit allows'],
      [152, 'A process used more than the 1 s of processor time that its limit allows'],
      [-25, 'A process tried to write a file larger than the 8KB that its limit allows'],
      // the program gets an error from the kernel and reports it itself
      [1, null],
    ]);
    expect(await outputOf(app, runs[3].execution_id)).toContain('memory exhausted');
  });

  test('are refused when invalid', async () => {
    for (const limits of [{ memory: 'much' }, { memory: '1KB' }, { cpu_seconds: 0 }, { disk: '1GB' }])
      expect([
        limits,
        await refusal(owner.post('/api/tasks/', { title: 'x', project_id: project.id, limits })),
      ]).toEqual([limits, expect.stringMatching(/^422 VALIDATION_/)]);
  });

  test('that the host cannot enforce fail the execution', async () => {
    const offline = await makeProject(owner, { settings: { network: false } });
    const runs = [
      await runJob(owner, offline, 'echo ran', 'failed'),
      await runJob(owner, project, 'echo ran', 'failed', { limits: { processes: 10 } }),
    ];
    for (const run of runs)
      expect(run).toMatchObject({
        reason: 'TASK_EXECUTION_FAILED',
        exit_code: null,
        output_bytes: 0,
        error: expect.stringContaining('EXECUTOR_ISOLATION=bubblewrap'),
      });
    expect(runs[0].network).toBe(false);
  });
});

describe('a final exit code of a task', () => {
  test('prevents a retry', async () => {
    const fields = { retry_attempts: 3, final_exit_codes: [64, 2, 64] };
    const task = await makeJob(owner, project, 'exit 2', fields);
    expect(task.final_exit_codes).toEqual([64, 2]);
    await execute(owner, task);
    await reached(owner, task, 'failed');
    const { executions } = await data(200, owner.get(`/api/tasks/${task.id}/executions`));
    expect(executions).toEqual([
      expect.objectContaining({ attempt: 1, exit_code: 2, final_exit_codes: [64, 2] }),
    ]);
  });

  test('can be set for one execution', async () => {
    const task = await makeJob(owner, project, 'if [ -e again ]; then exit 3; fi; touch again; exit 2', {
      final_exit_codes: [2],
    });
    await execute(owner, task, { options: { retry_attempts: 2, final_exit_codes: [3] } });
    await reached(owner, task, 'failed');
    const { executions } = await data(200, owner.get(`/api/tasks/${task.id}/executions`));
    expect(executions.map(({ exit_code }: Json) => exit_code)).toEqual([3, 2]);
  });
});

async function renewLauncher(worker: ServerProcess): Promise<void> {
  const before = await worker.launcherPid();
  process.kill(before!, 'SIGKILL');
  await until(async () => ![before, undefined].includes(await worker.launcherPid()), {
    what: 'a new launcher',
  });
}

describe('a system error', () => {
  const fine = async () => expect((await runJob(owner, project, 'echo fine')).exit_code).toBe(0);

  test('such as an environment that is too large fails the execution with the reason', async () => {
    const task = await makeJob(owner, project, 'echo ran');
    // as it could be made before environments had a limit
    await app.query(
      `UPDATE tasks SET environment = (SELECT jsonb_object_agg('V' || n, repeat('x', 32000)) FROM generate_series(1, 100) AS n)
        WHERE id = $1`,
      [task.id],
    );
    await execute(owner, task);
    await reached(owner, task, 'failed');
    const execution = await lastExecution(owner, task);
    expect(execution).toMatchObject({
      exit_code: null,
      output_bytes: 0,
      error: 'The command could not be started: the command or its environment is too large for the system',
    });
    await fine();
  });

  test('such as a missing working directory fails the execution with the reason', async () => {
    await runJob(owner, project, 'mkdir here');
    const inHere = { working_directory: 'here' };
    // its own directory goes while it runs, and the next one finds none
    await runJob(owner, project, 'rmdir "$HOME/here"; echo still running', 'completed', inHere);
    expect(await runJob(owner, project, 'pwd', 'failed', inHere)).toMatchObject({
      exit_code: null,
      error: 'The working directory "here" does not exist in the workspace',
    });
    await fine();
  });

  // a container may not mount, not even as root
  const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
  test.runIf(canMount)('such as a full disk fails only the command that meets it', async () => {
    const other = await makeProject(owner);
    const { execution_id } = await runJob(owner, other, 'id -u; pwd');
    const [uid, folder = ''] = (await outputOf(app, execution_id)).split('\n');
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=1m,uid=${uid}`, 'tmpfs', folder]);
    // where mounts are not shared, a launcher sees those of before it only
    await Promise.all(app.workers.map(renewLauncher));
    try {
      const full = await runJob(owner, other, 'head -c 3000000 /dev/zero > big', 'failed');
      expect(full.exit_code).toBe(1);
      expect(await outputOf(app, full.execution_id)).toContain('No space left on device');
      await fine();
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});

test('a command has a PATH, a home directory, and a UTF-8 locale', async () => {
  const command = 'command -v sh; cd; pwd; locale charmap; printf é | wc -m';
  const { execution_id } = await runJob(owner, project, command);
  expect(await outputOf(app, execution_id)).toMatch(/^\/.*sh\n\/.*\nUTF-8\n1\n$/);
});

test('an execution stays `cancelling` as long as one of its processes is alive', async () => {
  const word = token();
  const deaf = `trap '' TERM; sh -c "trap '' TERM; while :; do sleep 300.${word}; done" & while :; do sleep 300.${word}; done`;
  const task = await makeJob(owner, project, deaf);
  const { execution_id } = await execute(owner, task);
  await until(async () => (await living(word)).length > 2, { what: 'the processes of the run' });
  const answer = owner.post(`/api/tasks/${task.id}/cancel`);
  const status = async () => (await data(200, owner.get(`/api/executions/${execution_id}`))).status;
  await until(async () => (await status()) === 'cancelling', { what: 'the cancellation' });
  await until(async () => (await status()) !== 'cancelling', { what: 'the end of the run' });
  expect(await living(word)).toEqual([]);
  expect((await data(200, answer)).status).toBe('cancelled');
});
