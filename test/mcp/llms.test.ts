import { expect, test } from 'vitest';
import { agentClient, makeAgent } from '../agents/steps.js';
import { data, makeTask } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';

const app = useSharedApp();

test('the page for agents has every route, and its steps work', async () => {
  const { status, headers, body } = await app.anonymous().get('/llms.txt');
  const page = body as string;
  expect([status, headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8']);
  expect(page).toMatch(/^# Millrace\n\n> /);
  expect(page).not.toContain('BASE');
  // an agent reads all of it
  expect(page.length).toBeLessThan(40_000);
  const { paths } = (await app.anonymous().get('/openapi.json')).body;
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods as object))
      expect(page).toContain(`\`${method.toUpperCase()} ${path.replace(/\/$/, '')}\``);

  const agent = await makeAgent(app);
  const client = await agentClient(app, agent);
  await makeTask(client, { id: agent.project_id });
  const line = /curl -X POST (\S+) .* -d '(.*)'/.exec(page)!;
  expect(line[1]).toMatch(/^http:\/\/.*\/api\/claims$/);
  const sent = { ...JSON.parse(line[2]!), project_id: agent.prefix };
  const { claim_id, token, task } = await data(200, client.post('/api/claims', sent));
  await data(200, client.post(`/api/claims/${claim_id}/heartbeat`, { token }));
  const run = await data(
    200,
    client.post('/api/commands/execute', {
      command: 'echo done',
      project_id: agent.prefix,
      stream_output: false,
    }),
  );
  expect(run).toMatchObject({ status: 'completed', exit_code: 0 });
  expect((await client.get(`/api/commands/${run.command_id}/output?from_offset=0&limit=8000`)).body).toBe(
    'done\n',
  );
  await data(201, client.post(`/api/tasks/${task.ref}/comments`, { body: 'Done' }));
  await data(201, client.post(`/api/projects/${agent.prefix}/memory`, { body: 'It works', tags: ['ci'] }));
  const done = await data(200, client.post(`/api/claims/${claim_id}/complete`, { token, result: 'Done' }));
  expect(done).toMatchObject({ status: 'completed', result: 'Done' });
});
