import { Client as McpClient } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentClient, makeAgent } from '../agents/steps.js';
import { makeTask } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import { root } from '../support/build.js';
import { until } from '../support/until.js';

const app = useSharedApp();
const program = join(root, 'cli/bin/millrace.js');

const transport = (env: Record<string, string>) =>
  new StdioClientTransport({
    command: process.execPath,
    args: [program, 'mcp'],
    env: { ...env, HOME: '/nonexistent' },
    stderr: 'pipe',
  });

describe('millrace mcp', () => {
  test.each([
    ['the protocol of 2026', { versionNegotiation: { mode: { pin: '2026-07-28' } } } as const],
    ['that of before', {}],
  ])('passes on the messages of an agent by %s', async (_, options) => {
    const made = await makeAgent(app);
    const key = await agentClient(app, made);
    const task = await makeTask(key, { id: made.project_id }, { title: 'Over a pipe' });
    const client = new McpClient({ name: 'test', version: '1.0.0' }, options);
    await client.connect(transport({ API_BASE_URL: `${app.url}/api`, API_TOKEN: key.token! }));
    expect((await client.listTools()).tools).toHaveLength(14);
    const call = async (name: string, input: Record<string, unknown> = {}) => {
      const { content } = await client.callTool({ name, arguments: input });
      return JSON.parse((content as { text: string }[])[0]!.text);
    };
    const { claim_id, token, task: claimed } = await call('task_claim');
    expect(claimed).toMatchObject({ ref: task.ref, title: 'Over a pipe' });
    // several at once
    const runs = await Promise.all(
      ['one', 'two', 'three'].map((word) => call('run', { command: `echo ${word}`, claim_id, token })),
    );
    expect(runs.map(({ output }) => output)).toEqual(['one\n', 'two\n', 'three\n']);
    expect(await call('task_finish', { claim_id, token, outcome: 'complete' })).toMatchObject({
      status: 'completed',
    });
    await client.close();
  });

  test('ends what waits when the agent ends', async () => {
    const made = await makeAgent(app);
    const key = await agentClient(app, made);
    const client = new McpClient({ name: 'test', version: '1.0.0' });
    await client.connect(transport({ API_BASE_URL: `${app.url}/api`, API_TOKEN: key.token! }));
    const waiting = client
      .callTool({ name: 'task_claim', arguments: { wait_seconds: 50 } })
      .catch(() => undefined);
    expect((await key.post('/api/claims', { wait_seconds: 1 })).status).toBe(204);
    await client.close();
    await waiting;
    const task = await makeTask(key, { id: made.project_id });
    await until(async () => (await key.post('/api/claims')).body.data?.task.id === task.id);
  });

  test('tells of a server that is not there and of a bad key', async () => {
    for (const [env, said] of [
      [{ API_BASE_URL: 'http://127.0.0.1:9/api', API_TOKEN: 'mlr_key_x' }, /fetch failed|ECONNREFUSED/i],
      [{ API_BASE_URL: `${app.url}/api`, API_TOKEN: 'mlr_key_x' }, /401|token/i],
    ] as const) {
      const client = new McpClient({ name: 'test', version: '1.0.0' });
      await expect(client.connect(transport(env))).rejects.toThrow(said);
      await client.close();
    }
  });
});
