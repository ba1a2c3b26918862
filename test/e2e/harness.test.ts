import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startApp, useSharedApp, type AppOptions } from '../support/app.js';
import { mode } from '../support/mode.js';
import { descendants, isAlive } from '../support/process-table.js';
import { until } from '../support/until.js';

const standIn = (env: AppOptions['env'] = {}): AppOptions => ({
  roles: ['api'],
  env,
  command: [process.execPath, join(import.meta.dirname, '../support/fixtures/fake-server.mjs')],
});

// The harness itself: that a leak or a death cannot pass unseen.
if (mode === 'single') {
  describe.each(['with a mark', 'without a mark'])('a process left behind %s', (LEAK) => {
    test('fails the stop of the test app, and is killed', async () => {
      const app = await startApp(standIn({ LEAK }));
      const [left] = await descendants(app.apis[0]?.pid ?? 0);
      await expect(app.stop()).rejects.toThrow(`${left?.pid}: /bin/sleep 1000`);
      await until(async () => !(await isAlive(left?.pid ?? 0)));
    });
  });

  test('a crashed server is reported with its last output', async () => {
    const app = await startApp(standIn());
    await expect(app.anonymous().get('/die')).rejects.toThrow('fetch failed');
    await until(() => app.apis[0]?.hasDied);
    const message = await app.stop().catch((error: Error) => error.message);
    expect(message).toMatch(/died[^]*exit code 7[^]*these were its last words/);
  });

  test('a server that was stopped or killed by the test is not reported as crashed', async () => {
    const app = await startApp(standIn());
    const server = app.apis[0]!;
    await server.kill();
    expect([server.exit, app.deaths()]).toEqual([{ code: null, signal: 'SIGKILL' }, []]);
    server.start();
    await app.ready(server);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await app.stop();
  });

  test('a timeout of a condition reports what was awaited and the last value', async () => {
    await expect(until(() => 0, { timeout: 30, what: 'a miracle' })).rejects.toThrow(
      'Waited 30 ms for a miracle; the last answer was 0',
    );
    const failing = () => expect({ a: 1 }).toEqual({ a: 2 });
    await expect(until(failing, { timeout: 30 })).rejects.toThrow(
      /the last try threw: expected .* to deeply equal/,
    );
  });
}

describe('the shared test app', () => {
  const app = useSharedApp();
  test(`has the processes of the mode ${mode}`, async () => {
    expect(app.processes.map(({ role }) => role)).toEqual(mode === 'cluster' ? ['all', 'api'] : ['all']);
    expect(app.url === app.wsUrl.replace('ws:', 'http:')).toBe(mode !== 'cluster');
    expect(app.redis === undefined).toBe(mode === 'single');
    for (const role of ['viewer', 'developer'] as const) {
      const person = await app.admin.createUser(role);
      expect(person.user).toMatchObject({ role });
      expect((await person.get('/api/users/')).status).toBe(403);
    }
    expect(app.admin.user).toMatchObject({ role: 'admin' });
  });
});
