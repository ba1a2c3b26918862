import { expect, test } from 'vitest';
import { makeProject, makeTask } from '../e2e/steps.js';
import { useApp } from '../support/app.js';
import { Agent } from './steps.js';

const app = useApp({ env: { RATE_LIMIT_ENABLED: 'true' } });

test('a call counts once for the rate limit, whatever it calls itself', async () => {
  const user = await app.admin.createUser('developer');
  const task = await makeTask(user, await makeProject(user));
  const agent = await new Agent(true).connect(app.url, user.token!);
  const left = async () => Number((await user.get('/api/system/info')).headers.get('x-ratelimit-remaining'));
  const before = await left();
  // this tool reads the task, its comments, its checklist and its plans
  await agent.call('task_get', { task: task.ref });
  expect(before - (await left())).toBe(2);
  await agent.close();
});
