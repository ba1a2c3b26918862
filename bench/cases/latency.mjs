import http from 'node:http';
import { projects } from '../data/seed.mjs';
import { drive, runsToWarmUp } from '../support/drive.mjs';
import { now, percentile } from '../support/figures.mjs';
import { Socket } from '../support/socket.mjs';

const samples = 80;
const most = { answered: 3, started: 5, finished: 8, seen: 8.5 };
/** The additional milliseconds that the queue in Postgres may take. */
const singleMore = 3;

/** Measures on an idle system the times from a request to run `true` to its response, start, end, and the message on a socket. */
export default async function latency(world, report) {
  const modes = {
    Redis: { DATABASE_URL: await world.fresh('latency_redis'), REDIS_URL: await world.redisUrl() },
    single: { DATABASE_URL: await world.fresh('latency_single') },
  };
  await limits(world, report, modes.single.DATABASE_URL);
  for (const [mode, environment] of Object.entries(modes)) {
    const server = await world.millrace(environment);
    const api = await server.signIn();
    await drive(api, runsToWarmUp);
    const times = await measure(api);
    for (const [what, limit] of Object.entries(most)) {
      const allowed = mode === 'single' ? limit + singleMore : limit;
      const remark = `p99 ${percentile(times[what], 99).toFixed(1)} ms`;
      report.most(
        `idle, ${mode} mode: request to ${what}, p50`,
        percentile(times[what], 50),
        'ms',
        allowed,
        remark,
      );
    }
    await world.stop(server);
  }
}

/** Measures the cost of one hop to another idle process on this machine, since a run consists of such hops. */
async function limits(world, report, url) {
  const server = http.createServer((_request, answer) => answer.end('{}'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  const request = async () => (await fetch(address)).text();
  report.note('limit: idle, request to the answer of a bare server, p50', await afterRest(request), 'ms');
  server.close();
  await world.query(url, async (db) => {
    await db.query('CREATE TABLE IF NOT EXISTS committed (n int)');
    report.note('limit: idle, a statement, p50', await afterRest(() => db.query('SELECT 1')), 'ms');
    const commit = () => db.query('INSERT INTO committed VALUES (1)');
    report.note('limit: idle, a statement with its commit, p50', await afterRest(commit), 'ms');
    await db.query('DROP TABLE committed');
  });
}

async function afterRest(work) {
  const times = [];
  for (let i = -10; i < samples; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 40 + 40 * Math.random()));
    const begun = now();
    await work();
    if (i >= 0) times.push(now() - begun);
  }
  return percentile(times, 50);
}

async function measure(api) {
  const socket = await Socket.open(api.url, api.token);
  await socket.subscribe({ channel: 'task_updates', project_id: projects.made });
  const times = { answered: [], started: [], finished: [], seen: [] };
  for (let i = -20; i < samples; i += 1) {
    const { id } = await api.post('/api/tasks', {
      project_id: projects.made,
      title: `idle ${i}`,
      command: 'true',
    });
    await new Promise((resolve) => setTimeout(resolve, 40 + 40 * Math.random()));
    const seen = socket.next(({ type, data }) => type === 'task_completed' && data.task_id === id).then(now);
    const begun = now();
    await api.post(`/api/tasks/${id}/execute`, {});
    const answered = now();
    const sight = await seen;
    const { executions } = await api.get(`/api/tasks/${id}/executions`);
    if (i < 0) continue;
    times.answered.push(answered - begun);
    times.seen.push(sight - begun);
    // stored times are rounded down to a millisecond
    times.started.push(Date.parse(executions[0].started_at) - begun + 0.5);
    times.finished.push(Date.parse(executions[0].completed_at) - begun + 0.5);
  }
  socket.close();
  return times;
}
