import { setTimeout as delay } from 'node:timers/promises';
import { now, percentile } from '../support/figures.mjs';

const seconds = 6;
/** Three loops that start programs without pause, so that they use the processors independently of the number of processes. */
const forks = 'for i in 1 2 3; do (while :; do /bin/true; done) & done; wait';
const sleepers = 1_900;
const most = { ofForks: 2, cancelMs: 8_000 };

/**
 * Measures how a run with 1,900 processes slows down the commands of another user, compared with a run that also starts programs
 * without pause but has few processes; and how long its cancellation takes when its processes ignore SIGTERM.
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

/** Starts a command in a new project and waits for its first output. */
async function begin(api, command) {
  const { id } = await api.post('/api/projects/', { name: 'Many processes' });
  const task = await api.post('/api/tasks/', { title: 'many', project_id: id, command });
  const { execution_id } = await api.post(`/api/tasks/${task.id}/execute`, {});
  const read = () => api.get(`/api/tasks/${task.id}/output`).then(JSON.stringify, String);
  while (!(await read()).includes('ready')) await delay(50);
  return { task: task.id, execution: execution_id };
}

/** Cancels a run. @returns the time in milliseconds until it has ended */
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
