import { beforeAll, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { holding, makeProject, nobody, refusal, type Json } from '../e2e/steps.js';
import { until } from '../support/until.js';
import { data, execute, printed } from './steps.js';

const app = useSharedApp();
let owner: Client;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
});

const path = (id: string, query: string) => `/api/commands/${id}/status?${query}`;
const cancel = (id: string) => data(200, owner.post(`/api/commands/${id}/cancel`));

/** Runs a command that goes on until a file is there, and gives how to make this file. */
async function held(before = ''): Promise<[id: string, release: () => Promise<Json>]> {
  const name = `released-${Math.random()}`;
  const { command_id } = await execute(owner, `${before}${holding(name)}; echo end`);
  return [command_id, () => execute(owner, `touch ${name}`)];
}

test('the status waits for the end of the command', async () => {
  const [id, release] = await held();
  const waiting = data(200, owner.get(path(id, 'wait_seconds=60')));
  await release();
  expect(await waiting).toMatchObject({ status: 'completed', exit_code: 0, output_bytes: 4 });
  // one that has ended is answered at once, also when there will be no more output
  expect(await data(200, owner.get(path(id, 'wait_seconds=60&after_offset=4')))).toMatchObject({
    status: 'completed',
  });
});

test('or for output beyond an offset', async () => {
  const [id, release] = await held('echo begin; ');
  const begun = await data(200, owner.get(path(id, 'wait_seconds=60&after_offset=0')));
  expect(begun).toMatchObject({ status: 'running', output_bytes: 6 });
  const waiting = data(200, owner.get(path(id, 'wait_seconds=60&after_offset=6')));
  await release();
  expect((await waiting).output_bytes).toBe(10);
});

test('when the time is over it shows the command as it is', async () => {
  const [id] = await held('echo begin; ');
  await printed(owner, id, 'begin');
  expect(await data(200, owner.get(path(id, 'wait_seconds=1&after_offset=6')))).toMatchObject({
    status: 'running',
    output_bytes: 6,
  });
  await cancel(id);
});

test('an end whose report is lost is seen all the same', async () => {
  const [id] = await held();
  const waiting = [1, 2, 3].map(() => data(200, owner.get(path(id, 'wait_seconds=60'))));
  await app.query(
    "UPDATE executions SET status = 'failed', reason = 'TASK_EXECUTION_FAILED', finished_at = now(), output_bytes = 0 WHERE id = $1",
    [id],
  );
  for (const shown of await Promise.all(waiting)) expect(shown).toMatchObject({ status: 'failed' });
});

test('waits take no turn of their user, and end with the right to see the command', async () => {
  const guest = await app.admin.createUser('developer');
  const project = await makeProject(owner);
  const member = `/api/projects/${project.id}/members/${guest.user.id}`;
  await data(200, owner.put(member, { role: 'viewer' }));
  const { command_id } = await execute(owner, holding('never'), { project_id: project.id });
  // more than one may have requests that use the database at once
  const waiting = Array.from({ length: 20 }, () => refusal(guest.get(path(command_id, 'wait_seconds=60'))));
  await until(async () => (await guest.get(path(command_id, 'tail=1'))).status === 200);
  await data(200, owner.delete(member));
  await cancel(command_id);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['404 RESOURCE_NOT_FOUND']));
});

test('faulty waits are refused', async () => {
  const [id, release] = await held();
  for (const query of [
    'wait_seconds=61',
    'wait_seconds=-1',
    'wait_seconds=x',
    'after_offset=-1',
    'after_offset=1.5',
  ])
    expect(await refusal(owner.get(path(id, query)))).toMatch(/^422 VALIDATION_/);
  expect(await refusal(owner.get(path(nobody, 'wait_seconds=60')))).toBe('404 RESOURCE_NOT_FOUND');
  await release();
});
