import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { closeSockets, LiveSocket } from '../realtime/live-socket.js';
import { useApp } from '../support/app.js';
import { until } from '../support/until.js';
import { attempts, data, makeProject, makeTask, run, times } from './steps.js';

afterEach(closeSockets);

const app = useApp({ embeddedPostgres: true, env: { LEASE_SECONDS: '15' } });

test(
  'a kill of Postgres loses no execution and no output, and requests get 503 in the meantime',
  { timeout: 120_000 },
  async () => {
    const project = await makeProject(app.admin);
    const command = 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i; sleep 0.1; done';
    const whole = Array.from({ length: 60 }, (_, index) => `line ${index + 1}\n`).join('');
    const jobs = await times(3, () => run(app.admin, project, command));
    const socket = await LiveSocket.open(app.wsUrl, app.admin.token);
    socket.send({ type: 'subscribe', channel: 'command_output', command_id: jobs[0]!.execution });
    await socket.next('command_output', ({ content }) => content.includes('line 3'));

    const statuses = new Set<number>();
    let going = true;
    // so that transactions are open when it happens
    const hammer = times(6, async () => {
      while (going) {
        const answer = await app.admin.post('/api/tasks/', { title: 'A task', project_id: project });
        statuses.add(answer.status);
      }
    });
    await delay(300);
    const pid = Number((await readFile(join(app.dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    await until(() => statuses.has(503), { timeout: 20_000, what: 'an answer 503' });
    await until(async () => (await app.admin.get('/api/projects/')).status === 200, { timeout: 30_000 });
    going = false;
    await hammer;
    expect([...statuses].toSorted()).toEqual([201, 503]);

    for (const job of jobs) {
      const [end, ...more] = await attempts(app.admin, job.task, 40_000);
      expect([end.status, end.exit_code, end.error, more.length]).toEqual(['completed', 0, null, 0]);
      const reader = await LiveSocket.open(app.wsUrl, app.admin.token);
      const from = reader.messages.length;
      reader.send({ type: 'subscribe', channel: 'command_output', command_id: job.execution });
      expect((await reader.output(job.execution, from)).bytes.toString()).toBe(whole);
    }
    // who was listening all the time has missed nothing either
    expect((await socket.output(jobs[0]!.execution)).bytes.toString()).toBe(whole);
    const after = await makeTask(app.admin, project, 'echo after');
    await data(202, app.admin.post(`/api/tasks/${after}/execute`));
    expect((await attempts(app.admin, after)).at(-1)).toMatchObject({ status: 'completed' });
  },
);
