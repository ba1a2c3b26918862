import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { projects } from '../data/seed.mjs';
import { inFlight } from '../support/api.mjs';
import { residentMB, residentTogetherMB } from '../support/child.mjs';
import { Subscribers } from '../support/subscribers.mjs';

const sockets = 1_000;
const runs = 50;

/** Measures the resident memory of the server and its launcher: idle, with 1,000 subscribed sockets, and with 50 running commands. */
export default async function memory(world, report) {
  const server = await world.millrace({
    DATABASE_URL: await world.fresh('memory'),
    WORKER_CONCURRENCY: String(runs),
  });
  const api = await server.signIn();
  await delay(10_000);
  const own = () => residentTogetherMB([server.pid, ...helpersOf(server)]);
  const remark = `server ${residentMB(server.pid).toFixed(0)} MB, and what its launcher and its supervisor do not share with it`;
  report.most('memory, idle, single mode without Postgres', own(), 'MB', 200, remark);

  // the first requests allocate what later ones share
  const warm = new Subscribers();
  await warm.open(api, 100, { channel: 'task_updates' });
  await warm.close();
  await delay(2_000);
  const before = own();
  const subscribers = new Subscribers();
  const opened = await subscribers.open(api, sockets, { channel: 'task_updates' });
  await delay(3_000);
  report.most('memory a subscribed idle socket', ((own() - before) * 1e3) / opened, 'KB', 20, `of ${opened}`);
  await subscribers.close();
  await delay(2_000);

  const idle = own();
  const ids = [];
  await inFlight(runs, 8, async (i) => {
    const task = { project_id: projects.made, title: `sleep ${i}`, command: 'sleep 60' };
    ids[i] = (await api.post('/api/tasks', task)).id;
    await api.post(`/api/tasks/${ids[i]}/execute`, {});
  });
  await delay(3_000);
  report.most('memory a running run', Math.max(0, own() - idle) / runs, 'MB', 1, `of ${runs}`);
  await inFlight(runs, 16, (i) => api.post(`/api/tasks/${ids[i]}/cancel`, {}));
}

/** Returns the processes beside the server, which are the supervisor and the launcher, without commands. */
function helpersOf({ pid: server, supervisorPid }) {
  const launchers = readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return parent === supervisorPid && commandLine.includes('launcher-main');
      } catch {
        return false;
      }
    });
  return supervisorPid === server ? launchers : [supervisorPid, ...launchers];
}
