import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { twoWorkers, useApp } from '../support/app.js';
import { until } from '../support/until.js';
import { living, makeProject, run, scratch, speaks, stored, times, token } from './steps.js';

const slots = 3;
const app = useApp({ roles: twoWorkers, env: { GRACE_SECONDS: '2', WORKER_CONCURRENCY: String(slots) } });

test(
  'a drain lets commands finish, terminates the rest, and is not shortened by a second signal',
  { timeout: 60_000 },
  async () => {
    const word = token();
    const project = await makeProject(app.admin);
    const folder = await scratch();
    const untilGo = `until [ -e ${folder}/go ]; do sleep 0.05; done`;
    const quick = await run(app.admin, project, `echo quick; ${untilGo}; echo done; : ${word}`);
    const slow = await run(app.admin, project, `echo slow; sleep 60.${word}`);
    const deaf = await run(
      app.admin,
      project,
      `trap '' TERM; echo deaf; while :; do sleep 0.1; done; : ${word}`,
    );
    const jobs = [quick, slow, deaf];
    const others = await times(slots * (app.workers.length - 1), () =>
      run(app.admin, project, `echo other; sleep 60.${word}`),
    );
    for (const { execution } of [...jobs, ...others]) await speaks(app, execution);
    // there is a slot for it as soon as the quick one is done
    const late = await run(app.admin, project, `echo late; : ${word}`);

    const begun = Date.now();
    const stopping = Promise.all(app.workers.map((server) => server.stop()));
    for (const server of app.workers)
      await until(() => server.stderr.includes('"msg":"draining"'), { what: 'the begin of the drain' });
    for (const server of app.workers) process.kill(server.pid, 'SIGTERM');
    await writeFile(join(folder, 'go'), '');
    const exits = await stopping;
    const took = Date.now() - begun;
    expect(exits).toEqual(app.workers.map(() => ({ code: 0, signal: null })));
    expect(took).toBeGreaterThan(1_900);

    const rows = await app.query(
      'SELECT status, reason, exit_code FROM executions WHERE id = ANY($1) ORDER BY id',
      [jobs.map(({ execution }) => execution)],
    );
    expect(rows).toEqual([
      { status: 'completed', reason: null, exit_code: 0 },
      { status: 'failed', reason: 'WORKER_SHUTDOWN', exit_code: -15 },
      { status: 'failed', reason: 'WORKER_SHUTDOWN', exit_code: -9 },
    ]);
    expect(await stored(app, quick.execution)).toBe('quick\ndone\n');
    expect(
      await app.query('SELECT status, worker_id FROM executions WHERE id = $1', [late.execution]),
    ).toEqual([{ status: 'queued', worker_id: null }]);
    expect(await living(word)).toEqual([]);
    expect(await app.query('SELECT 1 FROM workers')).toEqual([]);
  },
);

test('a signal during the start of a process stops it', { timeout: 60_000 }, async () => {
  const [server] = app.workers;
  for (const wait of [50, 400, 900]) {
    server!.start();
    await delay(wait);
    const exit = await server!.stop();
    // a signal that arrives before Node has loaded the handler terminates the process
    expect([
      { code: 0, signal: null },
      { code: null, signal: 'SIGTERM' },
    ]).toContainEqual(exit);
  }
});
