import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  data,
  execute,
  holding,
  lastExecution,
  makeJob,
  makeProject,
  outputOf,
  reached,
  refusal,
  runJob,
  show,
  type Json,
} from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';

const app = useApp({ env: { ALLOW_UNISOLATED_SECRETS: 'true' } });
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const secret = 'correct horse battery staple';
const printAll = `printf '%s|' "$INPUT_TEXT" "$INPUT_COUNT" "$INPUT_DRY" "\${INPUT_STAGE-unset}"`;
const inputs = [
  { name: 'text' },
  { name: 'count', type: 'number', default: 3 },
  { name: 'dry', type: 'boolean', default: false },
  { name: 'stage', type: 'choice', choices: ['test', 'live'] },
];

/** Runs a task to its end. @returns the execution */
async function run(task: Json, values: object, status = 'completed'): Promise<Json> {
  const { execution_id } = await execute(owner, task, { inputs: values });
  await reached(owner, task, status);
  return data(200, owner.get(`/api/executions/${execution_id}`));
}

const fieldOf = async (answer: Promise<{ body: Json }>) => (await answer).body.error.details.field;

describe('a value', () => {
  test('reaches the command as it is, is shown with the run, and a default stands in for it', async () => {
    const task = await makeJob(owner, project, printAll, { inputs });
    expect(task.inputs).toMatchObject(inputs);
    const text = `'"; $(touch /tmp/owned) \`id\` \\n\n€\t*`;
    const done = await run(task, { text, dry: 'true' });
    expect(done).toMatchObject({ inputs: { text, count: 3, dry: true }, origin: null });
    expect(await outputOf(app, done.execution_id)).toBe(`${text}|3|true|unset|`);
  });

  test('may have 100 KiB', async () => {
    const task = await makeJob(owner, project, 'printf %s "$INPUT_TEXT" | wc -c', { inputs });
    const done = await run(task, { text: 'x'.repeat(100 * 1024) });
    expect((await outputOf(app, done.execution_id)).trim()).toBe('102400');
    expect(
      await fieldOf(owner.post(`/api/tasks/${task.id}/execute`, { inputs: { text: 'x'.repeat(102_401) } })),
    ).toBe('inputs.text');
  });

  test('that the task does not take is refused with its field, and nothing runs', async () => {
    const task = await makeJob(owner, project, 'true', {
      inputs: [{ name: 'must', required: true }, ...inputs],
    });
    const path = `/api/tasks/${task.id}/execute`;
    for (const [values, field] of [
      [{}, 'inputs.must'],
      [{ must: 'x', stage: 'prod' }, 'inputs.stage'],
      [{ must: 'x', other: 1 }, 'inputs.other'],
      [{ must: ['x'] }, 'inputs.must'],
    ] as const) {
      const answer = await owner.post(path, { inputs: values });
      expect(answer.status).toBe(422);
      expect(JSON.stringify(answer.body.error.details)).toContain(field);
    }
    expect(await show(owner, task)).toMatchObject({ status: 'pending', execution_id: null });
    const bad = owner.put(`/api/tasks/${task.id}`, { inputs: [{ name: 'a', pattern: '(' }] });
    expect(await refusal(bad)).toBe('422 VALIDATION_ERROR');
  });

  test('counts in the check of the command', async () => {
    const task = await makeJob(owner, project, 'rm -rf "$INPUT_TEXT"', { inputs });
    expect(await refusal(owner.post(`/api/tasks/${task.id}/execute`, { inputs: { text: '/etc' } }))).toBe(
      '422 COMMAND_UNSAFE',
    );
    await run(task, { text: '/tmp/no-such-folder-of-a-test' });
  });
});

describe('a retry', () => {
  test('has the inputs of the last run, or those that are sent', async () => {
    const task = await makeJob(owner, project, `${printAll}; false`, { inputs });
    await run(task, { text: 'one', count: 8 }, 'failed');
    await data(202, owner.post(`/api/tasks/${task.id}/retry`));
    await reached(owner, task, 'failed');
    expect(await outputOf(app, (await lastExecution(owner, task)).execution_id)).toBe('one|8|false|unset|');
    await data(202, owner.post(`/api/tasks/${task.id}/retry`, { inputs: { text: 'two' } }));
    await reached(owner, task, 'failed');
    expect(await outputOf(app, (await lastExecution(owner, task)).execution_id)).toBe('two|3|false|unset|');
  });

  test('takes no value that the task does not take any more, and shows no secret that is none any more', async () => {
    const before = [{ name: 'gone' }, { name: 'token', type: 'secret' }, { name: 'text' }];
    const task = await makeJob(owner, project, 'false', { inputs: before });
    await run(task, { gone: 'x', token: secret, text: 'kept' }, 'failed');
    await data(200, owner.put(`/api/tasks/${task.id}`, { inputs: [{ name: 'token' }, { name: 'text' }] }));
    const { execution_id } = await data(202, owner.post(`/api/tasks/${task.id}/retry`));
    expect((await data(200, owner.get(`/api/executions/${execution_id}`))).inputs).toEqual({ text: 'kept' });
  });
});

describe('a secret', () => {
  test('reaches its command and each attempt of it, and is read nowhere else', async () => {
    const name = `held-${Date.now()}`;
    const command = `printf %s "$INPUT_TOKEN" | wc -c; echo "[$INPUT_TOKEN]"; echo "with $INPUT_TOKEN" > "$MILLRACE_SUMMARY"; ${holding(name)}; [ -e again ] || { touch again; exit 1; }`;
    const task = await makeJob(owner, project, command, {
      inputs: [{ name: 'token', type: 'secret', required: true }],
      retry_attempts: 1,
    });
    const socket: string[] = [];
    const events = new AbortController();
    const feed = await owner.open('GET', '/api/events', undefined, { signal: events.signal });
    void (async () => {
      for await (const piece of feed.body!) socket.push(Buffer.from(piece).toString());
    })().catch(() => undefined);
    const { execution_id } = await execute(owner, task, { inputs: { token: secret } });
    await reached(owner, task, 'running');
    const [{ pid } = { pid: 0 }] = await until(
      async () => {
        const rows = await app.query<{ pid: number }>(
          'SELECT pid FROM executions WHERE id = $1 AND pid IS NOT NULL',
          [execution_id],
        );
        return rows.length > 0 ? rows : undefined;
      },
      { timeout: 30_000 },
    );
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(secret);
    await runJob(owner, project, `touch ${name}`);
    await reached(owner, task, 'completed');
    const { executions } = await data(200, owner.get(`/api/tasks/${task.id}/executions`));
    expect(executions).toHaveLength(2);
    for (const one of executions)
      expect(await outputOf(app, one.execution_id)).toBe(`${secret.length}\n[***]\n`);
    const shown = await data(200, owner.get(`/api/executions/${executions[0].execution_id}`));
    expect(shown).toMatchObject({ inputs: { token: '***' }, summary: 'with ***\n' });
    await until(() => socket.join('').includes('completed'), { what: 'the end in the feed' });
    events.abort();
    const history = await owner.get(`/api/tasks/${task.id}/history`);
    for (const text of [socket.join(''), JSON.stringify(history.body)]) expect(text).not.toContain(secret);
    for (const table of [
      'executions',
      'activity',
      'tasks',
      'webhook_deliveries',
      'input_secrets',
      'idempotency_keys',
    ]) {
      const rows = await app.query(`SELECT 1 FROM ${table} t WHERE t::text LIKE $1`, [`%${secret}%`]);
      expect([table, rows.length]).toEqual([table, 0]);
    }
  });

  test('is in no refusal', async () => {
    const task = await makeJob(owner, project, 'true', { inputs: [{ name: 'token', type: 'secret' }] });
    for (const values of [{ token: secret, other: 1 }, { token: [secret] }, { token: `${secret}\0` }]) {
      const { status, body } = await owner.post(`/api/tasks/${task.id}/execute`, { inputs: values });
      expect([status, JSON.stringify(body).includes(secret)]).toEqual([422, false]);
    }
  });

  test('is taken again by a retry, also when it cannot be read any more and so must be sent', async () => {
    const task = await makeJob(owner, project, 'printf %s "$INPUT_TOKEN" | wc -c; false', {
      inputs: [{ name: 'token', type: 'secret' }],
    });
    await run(task, { token: secret }, 'failed');
    await data(202, owner.post(`/api/tasks/${task.id}/retry`));
    await reached(owner, task, 'failed');
    const last = await lastExecution(owner, task);
    expect((await outputOf(app, last.execution_id)).trim()).toBe(String(secret.length));
    await app.query(
      'DELETE FROM input_secrets WHERE id = (SELECT secret_inputs_id FROM executions WHERE id = $1)',
      [last.execution_id],
    );
    expect(await fieldOf(owner.post(`/api/tasks/${task.id}/retry`))).toBe('inputs');
    await data(202, owner.post(`/api/tasks/${task.id}/retry`, { inputs: { token: secret } }));
    await reached(owner, task, 'failed');
  });
});
