import { projects } from '../data/seed.mjs';
import { inFlight } from './api.mjs';
import { percentile } from './figures.mjs';
import { Socket } from './socket.mjs';

/** The number of runs before a measurement. A server runs for weeks, so the compilation of a new one must not be measured. */
export const runsToWarmUp = 1_000;

/**
 * Creates tasks that run a command.
 * @returns a function that executes all of them and waits on a socket for the last end; it returns runs a second, requests a second, and
 * the time from request to start in ms
 */
export async function prepare(api, count, command = 'true') {
  const ids = [];
  await inFlight(count, 16, async (i) => {
    const task = { project_id: projects.made, title: `run ${i}`, command };
    ids[i] = (await api.post('/api/tasks', task)).id;
  });
  const socket = await Socket.open(api.url, api.token);
  await socket.subscribe({ channel: 'task_updates', project_id: projects.made });
  let ended = 0;
  const all = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`only ${ended} of ${count} runs ended`)), 120_000);
    const mine = new Set(ids);
    socket.onMessage = ({ type, data }) => {
      if (type !== 'task_completed' || !mine.has(data.task_id) || (ended += 1) < count) return;
      clearTimeout(timer);
      resolve();
    };
  });
  return async ({ samplesWaits = true } = {}) => {
    const begun = performance.now();
    await inFlight(count, 16, (i) => api.post(`/api/tasks/${ids[i]}/execute`, {}));
    const asked = performance.now();
    await all;
    const done = performance.now();
    socket.close();
    const waited = samplesWaits ? await waitsOf(api, ids.slice(-50)) : [];
    return {
      rate: count / ((done - begun) / 1000),
      requests: count / ((asked - begun) / 1000),
      waited: percentile(waited, 50),
    };
  };
}

export async function drive(api, count) {
  const go = await prepare(api, count);
  return go();
}

async function waitsOf(api, ids) {
  const sampled = await Promise.all(ids.map((id) => api.get(`/api/tasks/${id}/executions`)));
  return sampled.map(({ executions: [run] }) => Date.parse(run.started_at) - Date.parse(run.queued_at));
}
