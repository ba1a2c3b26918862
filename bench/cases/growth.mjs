import { projects } from '../data/seed.mjs';
import { inFlight } from '../support/api.mjs';
import { median, now, percentile } from '../support/figures.mjs';
import { runsToWarmUp } from '../support/drive.mjs';
import { Socket } from '../support/socket.mjs';

const clients = 8;
const count = 300;
const rounds = 3;
const few = 300;
const lines = [5_000, 50_000];
const most = 1.3;
const environment = { WORKER_CONCURRENCY: '4', QUEUE_LIMIT: '400000', MAX_QUEUED_PER_USER: '400000' };

/**
 * Measures whether a run costs more when many others wait in a paused queue: to be asked for, to start and to end; and whether the runs of
 * one project get in each other's way, compared with the same runs in ten projects.
 */
export default async function growth(world, report) {
  const url = await world.fresh('growth');
  const server = await world.millrace({ ...environment, DATABASE_URL: url });
  const api = await server.signIn();
  const ten = [];
  for (let i = 0; i < 10; i += 1) ten.push((await api.post('/api/projects/', { name: `Growth ${i}` })).id);
  await drive(api, [projects.made], runsToWarmUp);

  for (const [what, command] of [
    ['runs of one project', 'true'],
    ['runs with output of one project', 'echo output'],
  ]) {
    const rates = { one: [], ten: [] };
    for (let round = 0; round < rounds; round += 1) {
      rates.one.push((await drive(api, [projects.made], count, command)).rate);
      rates.ten.push((await drive(api, ten, count, command)).rate);
    }
    const reference = { name: 'over ten projects', value: median(rates.ten) };
    report.ratio(what, median(rates.one), 'runs/s', reference, 0.9);
  }

  await api.post('/api/queues/pause', { queue_name: 'low_priority' });
  // the machine drifts, so the short line is measured before and after each long one
  for (const line of lines) {
    const short = [];
    const long = [];
    for (let round = 0; round < rounds; round += 1) {
      await fill(world, url, few);
      short.push(await drive(api, [projects.made], count));
      await fill(world, url, line);
      long.push(await drive(api, [projects.made], count));
    }
    for (const step of ['asked', 'started', 'ended'])
      for (const p of [50, 99]) {
        const of = (results) => median(results.map((result) => percentile(result[step], p)));
        const what = `a run with ${line} waiting, ${step}, p${p}`;
        report.most(what, of(long) / of(short), `× that with ${few}`, most, `${of(long).toFixed(1)} ms`);
      }
  }
  await world.stop(server);
}

/** Makes a line of executions in the paused queue, of the project and the user that are measured. */
async function fill(world, url, length) {
  await world.query(url, async (db) => {
    await db.query("DELETE FROM executions WHERE status = 'queued'");
    await db.query(
      `INSERT INTO executions (id, project_id, requested_by, queue, status, command, timeout)
       SELECT gen_random_uuid(), $1, (SELECT id FROM users WHERE username = 'bench'), 2, 'queued', 'true', 60
         FROM generate_series(1, $2)`,
      [projects.made, length],
    );
    // what autovacuum does a little later
    await db.query('VACUUM ANALYZE executions');
  });
}

/**
 * Runs a command in projects in turn, from several clients.
 * @returns runs a second, and for each run the milliseconds that the request took, from then to its start, and from its start to its end
 */
async function drive(api, into, runs, command = 'true') {
  const ids = [];
  await inFlight(runs, 16, async (i) => {
    const task = { project_id: into[i % into.length], title: `run ${i}`, command };
    ids[i] = (await api.post('/api/tasks', task)).id;
  });
  const socket = await Socket.open(api.url, api.token);
  for (const project_id of into) await socket.subscribe({ channel: 'task_updates', project_id });
  const left = new Set(ids);
  const all = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${left.size} of ${runs} runs did not end`)), 120_000);
    socket.onMessage = ({ type, data }) => {
      if (type !== 'task_completed' || !left.delete(data.task_id) || left.size > 0) return;
      clearTimeout(timer);
      resolve();
    };
  });
  const asked = [];
  const begun = now();
  await inFlight(runs, clients, async (i) => {
    const at = now();
    await api.post(`/api/tasks/${ids[i]}/execute`, {});
    asked.push(now() - at);
  });
  await all;
  const rate = runs / ((now() - begun) / 1000);
  socket.close();
  const times = [];
  await inFlight(runs, 16, async (i) => {
    const { executions } = await api.get(`/api/tasks/${ids[i]}/executions`);
    times[i] = ['queued_at', 'started_at', 'completed_at'].map((name) => Date.parse(executions[0][name]));
  });
  return {
    rate,
    asked,
    started: times.map(([queued, started]) => started - queued),
    ended: times.map(([, started, ended]) => ended - started),
  };
}
