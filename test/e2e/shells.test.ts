import { beforeAll, describe, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import {
  data,
  execute,
  lastExecution,
  makeJob,
  makeProject,
  outputOf,
  reached,
  runJob,
  type Json,
} from './steps.js';

const app = useSharedApp();
let owner: Client;
let plain: Json;
let bashed: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  plain = await makeProject(owner);
  bashed = await makeProject(owner, { settings: { shell: 'bash' } });
});

const which = 'echo "${BASH_VERSION:+bash}"';
const printedBy = async (run: Json) => (await outputOf(app, run.execution_id)).trim();

describe('the shell of a command', () => {
  test('is that of the task, else that of the project, else sh', async () => {
    const own = await runJob(owner, plain, which, 'completed', { shell: 'bash' });
    const ofProject = await runJob(owner, bashed, which);
    expect([own.shell, ofProject.shell]).toEqual(['bash', 'bash']);
    expect([await printedBy(own), await printedBy(ofProject)]).toEqual(['bash', 'bash']);
    expect(await runJob(owner, plain, which)).toMatchObject({ shell: 'sh' });
    expect(await runJob(owner, bashed, which, 'completed', { shell: 'sh' })).toMatchObject({ shell: 'sh' });
  });

  test('runs the template of a project, too', async () => {
    const project = await makeProject(owner, { settings: { shell: 'bash', command_template: which } });
    const task = await makeJob(owner, project, which, { command: null });
    await execute(owner, task);
    await reached(owner, task, 'completed');
    expect(await printedBy(await lastExecution(owner, task))).toBe('bash');
  });

  test('stays with an attempt that follows a failed one', async () => {
    const command = '[[ -e tried ]] && echo "${BASH_VERSION:+bash}" || { touch tried; exit 1; }';
    const run = await runJob(owner, plain, command, 'completed', { shell: 'bash', retry_attempts: 1 });
    expect(run).toMatchObject({ attempt: 2, shell: 'bash' });
    expect(await printedBy(run)).toBe('bash');
  });

  test('of a single command is named by it, or by its project', async () => {
    const run = async (fields: Json) => {
      const ended = { command: which, stream_output: false, ...fields };
      const { shell, output } = await data(200, owner.post('/api/commands/execute', ended));
      return [shell, output.map(({ content }: Json) => content).join('')];
    };
    expect(await run({ project_id: bashed.id })).toEqual(['bash', 'bash\n']);
    expect(await run({ shell: 'bash' })).toEqual(['bash', 'bash\n']);
    expect((await run({}))[0]).toBe('sh');
    expect((await run({ project_id: bashed.id, shell: 'sh' }))[0]).toBe('sh');
  });

  test('that does not exist ends the run with 127 and a message', async () => {
    const run = await runJob(owner, plain, 'echo a', 'failed', { shell: 'no-such-shell' });
    expect(run).toMatchObject({ exit_code: 127, reason: 'TASK_EXECUTION_FAILED' });
    expect(await printedBy(run)).toContain(
      'The shell no-such-shell, which runs this command, does not exist',
    );
  });

  test.each(['', 'bash -e', '../bash', 'bin/bash', '-c', 'a\nb', '/bin/ba\u0000sh', 'x'.repeat(256)])(
    'is refused as %j',
    async (shell) => {
      const task = await owner.post('/api/tasks', { title: 'x', project_id: plain.id, command: 'ls', shell });
      expect([task.status, JSON.stringify(task.body)]).toEqual([422, expect.stringContaining('"shell"')]);
      const command = await owner.post('/api/commands/execute', { command: 'ls', shell });
      expect([command.status, JSON.stringify(command.body)]).toEqual([
        422,
        expect.stringContaining('"shell"'),
      ]);
      const settings = await owner.put(`/api/projects/${plain.id}`, { settings: { shell } });
      expect(settings.status).toBe(422);
    },
  );

  test('is what `validate` and the check before a run go by', async () => {
    const validate = (command: string, shell?: string) =>
      data(200, owner.post('/api/commands/validate', { command, ...(shell ? { shell } : {}) }));
    expect(await validate('[[ -e x ]] && cat <<< a', 'bash')).toMatchObject({ valid: true, warnings: [] });
    expect((await validate('[[ -e x ]]')).warnings.join()).toContain('run by sh: [[');
    const python = await validate('print("a"', 'python3');
    expect(python).toMatchObject({ valid: true, safe: true });
    expect(python.warnings.join()).toContain('The syntax was not checked');
    expect((await validate('echo "a')).valid).toBe(false);
    // the same text, whose verdict for another shell is known
    const command = 'echo "unsafe under any shell"; rm -rf /';
    for (const shell of ['sh', 'python3']) {
      const { status, body } = await owner.post('/api/commands/execute', { command, shell });
      expect([status, body.error.code]).toEqual([422, 'COMMAND_UNSAFE']);
    }
  });

  test('can be changed, and is cleared by null', async () => {
    const task = await makeJob(owner, bashed, which, { shell: 'dash' });
    expect(task.shell).toBe('dash');
    expect(await data(200, owner.put(`/api/tasks/${task.id}`, { shell: null }))).toMatchObject({
      shell: null,
    });
    const settings = { shell: null };
    expect(
      (await data(200, owner.put(`/api/projects/${bashed.id}`, { settings }))).settings.shell,
    ).toBeNull();
    await data(200, owner.put(`/api/projects/${bashed.id}`, { settings: { shell: 'bash' } }));
  });
});

describe('a timeout above the maximum of the server', () => {
  const timeout = 20 * 86_400;
  const refused = { error: { code: 'VALIDATION_ERROR', details: { field: 'timeout' } } };

  test('is refused where it is named', async () => {
    const task = await makeJob(owner, plain, 'true', { timeout: 86_400 });
    const answers = [
      await owner.post('/api/tasks', { title: 'x', project_id: plain.id, timeout }),
      await owner.put(`/api/tasks/${task.id}`, { timeout }),
      await owner.post(`/api/tasks/${task.id}/execute`, { options: { timeout } }),
      await owner.post('/api/commands/execute', { command: 'true', timeout }),
    ];
    for (const { status, body } of answers) expect([status, body]).toMatchObject([422, refused]);
    expect(await data(200, owner.get(`/api/tasks/${task.id}`))).toMatchObject({
      timeout: 86_400,
      version: 1,
    });
  });

  test('is a fault of the line of an import', async () => {
    const tasks = [
      { title: 'short', timeout: 60 },
      { title: 'long', timeout },
    ];
    const file = JSON.stringify({ format: 'millrace', version: 1, tasks });
    const answer = await owner.post(`/api/projects/${plain.id}/import`, file, {
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toContain('A command may take 86400 seconds here at most');
  });

  test('stays where an earlier version has stored it, and its runs are refused', async () => {
    const task = await makeJob(owner, plain, 'true');
    await app.query('UPDATE tasks SET timeout = $2 WHERE id = $1', [task.id, timeout]);
    const changed = await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'renamed', timeout }));
    expect(changed).toMatchObject({ title: 'renamed', timeout });
    const { status, body } = await owner.post(`/api/tasks/${task.id}/execute`, {});
    expect([status, body]).toMatchObject([422, refused]);
  });
});
