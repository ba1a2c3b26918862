import { projects } from '../data/seed.mjs';
import { drive, runsToWarmUp } from '../support/drive.mjs';
import { now, percentile } from '../support/figures.mjs';
import { Socket } from '../support/socket.mjs';

const samples = 60;
const most = 15;

/** Measures the cost of namespaces for a run of `true`, from the request to the message about its end, in turns on two idle servers. */
export default async function isolation(world, report) {
  const kinds = await Promise.all(
    ['none', 'bubblewrap'].map(async (kind) => {
      const server = await world.millrace({
        DATABASE_URL: await world.fresh(`isolation_${kind}`),
        EXECUTOR_ISOLATION: kind,
      });
      const api = await server.signIn();
      await drive(api, runsToWarmUp);
      const socket = await Socket.open(api.url, api.token);
      await socket.subscribe({ channel: 'task_updates', project_id: projects.made });
      return { kind, api, socket, times: [] };
    }),
  );
  for (let i = -10; i < samples; i += 1)
    for (const { api, socket, times } of kinds) {
      const time = await run(api, socket, i);
      if (i >= 0) times.push(time);
    }
  const [without, within] = kinds.map(({ times }) => percentile(times, 50));
  report.note('idle: a run without namespaces, p50', without, 'ms');
  report.most(
    'idle: what namespaces add to a run, p50',
    within - without,
    'ms',
    most,
    `${within.toFixed(1)} ms with`,
  );
}

async function run(api, socket, i) {
  const { id } = await api.post('/api/tasks', {
    project_id: projects.made,
    title: `run ${i}`,
    command: 'true',
  });
  const ended = socket.next(({ type, data }) => type === 'task_completed' && data.task_id === id).then(now);
  const begun = now();
  await api.post(`/api/tasks/${id}/execute`, {});
  return (await ended) - begun;
}
