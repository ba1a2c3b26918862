import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projects } from '../data/seed.mjs';
import { inFlight } from '../support/api.mjs';
import { median } from '../support/figures.mjs';
import { drive, runsToWarmUp } from '../support/drive.mjs';
import { peerToken, startCelery, startFastApi } from '../support/peers.mjs';
import { root } from '../support/millrace.mjs';

const run = promisify(execFile);
const count = 600;
const rounds = 3;
const slots = 4;
/** The share of the spawn limit that Celery with late acknowledgement reached in an earlier measurement. */
const recordedShare = 155 / 633;

/** Compares runs of `true` a second, from the first request to the last end with 4 slots, with Celery and with the spawn limit. */
export default async function runs(world, report) {
  const limits = [];
  const celery = world.peers.fastapi && world.peers.celery ? await celeryRates(world) : undefined;
  const single = await rates(world, { DATABASE_URL: await world.fresh('runs_single') }, limits);
  const redis = { DATABASE_URL: await world.fresh('runs_redis'), REDIS_URL: await world.redisUrl() };
  const distributed = await rates(world, redis, limits);
  const limit = median(limits);
  report.note('limit: spawn /bin/sh -c true, 4 in flight', limit, 'runs/s');
  const peer = celery
    ? { name: 'Celery, acks_late', value: median(celery) }
    : { name: 'Celery, acks_late, from its recorded share of the limit', value: limit * recordedShare };
  report.ratio('runs of `true` through the API, Redis mode', distributed.rate, 'runs/s', peer, 2);
  report.ratio('runs of `true` through the API, single mode', single.rate, 'runs/s', peer, 1.3);
  report.note('execute requests, Redis mode', distributed.requests, 'req/s', 'while the runs go on');
  report.note('request to start with 600 queued, Redis mode, p50', distributed.waited, 'ms');
}

async function rates(world, environment, limits) {
  const server = await world.millrace({ WORKER_CONCURRENCY: String(slots), ...environment });
  const api = await server.signIn();
  await drive(api, runsToWarmUp);
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    results.push(await drive(api, count));
    limits.push(await spawnRate());
  }
  await world.stop(server);
  return {
    rate: median(results.map(({ rate }) => rate)),
    requests: median(results.map(({ requests }) => requests)),
    waited: median(results.map(({ waited }) => waited)),
  };
}

async function spawnRate() {
  const { stdout } = await run(process.execPath, [join(root, 'bench/peers/spawn.mjs'), String(count)]);
  return Number(stdout);
}

async function celeryRates(world) {
  const url = await world.database(100_000);
  const redisUrl = await world.redisUrl();
  const web = await startFastApi(world, url, redisUrl);
  const worker = await startCelery(world, url, redisUrl, slots);
  const headers = { authorization: `Bearer ${peerToken()}`, 'content-type': 'application/json' };
  const post = async (path, body) => {
    const answer = await fetch(web.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const ended = () =>
    world.query(url, async (db) => {
      const { rows } = await db.query(
        'SELECT count(*)::int AS n FROM bare.executions WHERE finished_at IS NOT NULL',
      );
      return rows[0].n;
    });
  const results = [];
  for (let round = -1; round < rounds; round += 1) {
    const ids = [];
    await inFlight(count, 16, async (i) => {
      const task = { project_id: projects.made, title: `run ${i}`, command: 'true' };
      ids[i] = (await post('/tasks', task)).id;
    });
    const before = await ended();
    const begun = performance.now();
    await inFlight(count, 16, (i) => post(`/tasks/${ids[i]}/execute`, {}));
    while ((await ended()) - before < count) await new Promise((resolve) => setTimeout(resolve, 20));
    if (round >= 0) results.push(count / ((performance.now() - begun) / 1000));
  }
  await world.stop(worker, web);
  return results;
}
