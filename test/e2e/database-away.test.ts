import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LiveSocket } from '../realtime/live-socket.js';
import { useApp } from '../support/app.js';
import { until } from '../support/until.js';
import { data, execute, makeJob, makeProject, outputOf, reached, refusal, show } from './steps.js';

// the Postgres of the tests is shared, so this one belongs to the app; a cluster would need a shared one
describe('while Postgres is unavailable', () => {
  const app = useApp({ embeddedPostgres: true });

  const postmaster = async () =>
    Number((await readFile(join(app.dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);

  test('requests are answered with 503 DATABASE_ERROR, and work again after the reconnect', async () => {
    const project = await makeProject(app.admin);
    const command = 'for n in 1 2 3 4 5 6 7 8 9 10; do echo line $n; sleep 0.2; done';
    const task = await makeJob(app.admin, project, command);
    const { execution_id } = await execute(app.admin, task);
    const queued = await makeJob(app.admin, project, 'echo later');
    await reached(app.admin, task, 'running');
    const socket = await LiveSocket.open(app.wsUrl, app.admin.token);

    const pid = await postmaster();
    process.kill(pid, 'SIGKILL');
    const refused = await until(async () => {
      const answer = await app.admin.get('/api/tasks/');
      return answer.status === 503 ? answer : undefined;
    });
    expect(await refusal(refused)).toBe('503 DATABASE_ERROR');
    expect(JSON.stringify(refused.body)).not.toMatch(/ECONN|connect|socket|127\.0\.0\.1/);

    const healthy = await until(
      async () => {
        const answer = await app.anonymous().get('/api/health/');
        return answer.status === 200 ? answer : undefined;
      },
      { timeout: 30_000, what: 'Postgres to be back' },
    );
    expect(healthy.body.data.status).toBe('healthy');
    expect(await postmaster()).not.toBe(pid);
    expect((await data(200, app.admin.get('/api/tasks/'))).total).toBe(2);
    // what ran meanwhile has lost nothing, and what was not asked for before works as well
    await reached(app.admin, task, 'completed', 40_000);
    expect(await outputOf(app, execution_id)).toBe(
      Array.from({ length: 10 }, (_, n) => `line ${n + 1}\n`).join(''),
    );
    await execute(app.admin, queued);
    await reached(app.admin, queued, 'completed', 40_000);
    expect((await show(app.admin, queued)).status).toBe('completed');
    expect(socket.closed).toBeUndefined();
    await socket.close();
  });
});
