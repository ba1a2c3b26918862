import { setTimeout as delay } from 'node:timers/promises';
import { now, percentile } from '../support/figures.mjs';

const seconds = 6;
/** Three that start a program after the other without pause: what they take of the processors is no matter of their number. */
const forks = 'for i in 1 2 3; do (while :; do /bin/true; done) & done; wait';
const sleepers = 1_900;
const most = { ofForks: 2, cancelMs: 8_000 };

/**
 * What a user notices of a run of another that has 1,900 processes, beside one that starts as many programs and has none of them;
 * and how long such a run takes to be cancelled when its processes ignore SIGTERM.
 */
export default async function processes(world, report) {
  for (const kind of ['none', 'bubblewrap']) {
    const server = await world.millrace({
      DATABASE_URL: await world.fresh(`processes_${kind}`),
      EXECUTOR_ISOLATION: kind,
    });
    const api = await server.signIn();
    await measure(api);
    const alone = percentile(await measure(api), 50);
    report.note(`${kind}: a command alone, p50`, alone, 'ms');

    const few = await begin(api, `echo ready; ${forks}`);
    const besideForks = percentile(await measure(api), 50);
    await cancel(api, few);
    const many = await begin(
      api,
      `trap '' TERM; for i in $(seq ${sleepers}); do sleep 1000 & done; echo ready; ${forks}`,
    );
    const times = await measure(api);
    const what = `${kind}: a command beside ${sleepers} processes, p50, in those beside none`;
    const remark = `${besideForks.toFixed(0)} ms beside forks alone, max ${Math.max(...times).toFixed(0)} ms`;
    report.most(what, percentile(times, 50) / besideForks, 'times', most.ofForks, remark);
    const took = await cancel(api, many);
    report.most(`${kind}: to cancel them, of which 5 s are theirs`, took, 'ms', most.cancelMs);
    await world.stop(server);
  }
}

/** Starts a command in a project of its own, and waits until it has written. */
async function begin(api, command) {
  const { id } = await api.post('/api/projects/', { name: 'Many processes' });
  const task = await api.post('/api/tasks/', { title: 'many', project_id: id, command });
  const { execution_id } = await api.post(`/api/tasks/${task.id}/execute`, {});
  const read = () => api.get(`/api/tasks/${task.id}/output`).then(JSON.stringify, String);
  while (!(await read()).includes('ready')) await delay(50);
  return { task: task.id, execution: execution_id };
}

/** @returns after how many milliseconds nothing was left of it */
async function cancel(api, { task, execution }) {
  const begun = now();
  await api.post(`/api/tasks/${task}/cancel`, {});
  while ((await api.get(`/api/executions/${execution}`)).status !== 'cancelled') await delay(50);
  return now() - begun;
}

async function measure(api) {
  const times = [];
  for (const end = now() + seconds * 1000; times.length === 0 || now() < end; await delay(50)) {
    const begun = now();
    await api.post('/api/commands/execute', { command: 'true', stream_output: false });
    times.push(now() - begun);
  }
  return times;
}
