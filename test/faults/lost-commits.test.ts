import { afterAll, afterEach, expect, test } from 'vitest';
import { closeSockets, LiveSocket } from '../realtime/live-socket.js';
import { useApp } from '../support/app.js';
import { CommitProxy, cutHere } from './commit-proxy.js';
import { attempts, loggedErrors, makeProject, run } from './steps.js';

const proxy = new CommitProxy();
afterAll(() => proxy.stop());
afterEach(closeSockets);
const app = useApp({ throughProxy: (url) => proxy.start(url), env: { LEASE_SECONDS: '4' } });

/** Loses the answer to the first commit that brings an execution of a command into a status. */
async function cutAt(status: string, command: string): Promise<void> {
  await app.query(`CREATE OR REPLACE FUNCTION cut_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.generation = 1 THEN RAISE NOTICE '${cutHere}'; END IF; RETURN NULL; END $$`);
  await app.query('DROP TRIGGER IF EXISTS cut_here ON executions');
  await app.query(`CREATE CONSTRAINT TRIGGER cut_here AFTER UPDATE ON executions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.command = '${command}' AND NEW.status = '${status}' AND OLD.status <> '${status}')
    EXECUTE FUNCTION cut_here()`);
}

test('an execution runs although its worker has not heard that its claim was committed', async () => {
  const command = 'echo claimed';
  await cutAt('running', command);
  const job = await run(app.admin, await makeProject(app.admin), command);
  expect(await attempts(app.admin, job.task)).toEqual([
    expect.objectContaining({ status: 'completed', reason: null, attempt: 1 }),
  ]);
  expect(proxy.cuts).toBe(1);
  expect(loggedErrors(app)).toEqual([]);
});

test.for([
  { command: 'sleep 1; echo over', status: 'completed', retries: 0 },
  { command: 'sleep 1; echo over; exit 1', status: 'failed', retries: 0 },
  { command: 'sleep 1; echo over; exit 2', status: 'failed', retries: 1 },
])(
  'subscribers hear that a run has $status ($retries retries) although its worker has not heard that the end was committed',
  async ({ command, status, retries }) => {
    const before = proxy.cuts;
    await cutAt(status, command);
    const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
    const project_id = await makeProject(app.admin);
    socket.send({ type: 'subscribe', channel: 'task_updates', project_id });
    const job = await run(app.admin, project_id, command, { retry_attempts: retries });
    socket.send({ type: 'subscribe', channel: 'command_output', command_id: job.execution });
    expect((await socket.output(job.execution)).bytes.toString()).toBe('over\n');
    await socket.next('task_update', (data) => data.status === status);
    const states = socket.messages
      .filter(({ type }) => type === 'task_update')
      .map(({ data }) => data.status);
    const attempt = ['queued', 'running'];
    expect(states).toEqual(['pending', ...attempt, ...(retries > 0 ? attempt : []), status]);
    expect(proxy.cuts).toBe(before + 1 + retries);
    expect(await attempts(app.admin, job.task)).toHaveLength(1 + retries);
  },
);
