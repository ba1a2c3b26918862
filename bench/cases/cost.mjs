import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, drive, runsToWarmUp } from '../support/drive.mjs';
import { shown } from '../support/figures.mjs';
import { cpuMsOfGroup, cpuMsOfServer, postmasterOf } from '../support/processor-time.mjs';

const count = 500;
const rounds = 2;
const mostMs = { single: 8, Redis: 9 };
const commands = { 'without output': 'true', 'with output': 'echo output' };

/**
 * Measures what a run costs from its request to its end, by kind of process, without its command and without the client: processor time,
 * and what is written to Postgres, which does not depend on how fast the machine is.
 */
export default async function cost(world, report) {
  const spawns = join(import.meta.dirname, '../peers/bare-spawns.mjs');
  // on the same machine it was seen at 2.7 ms and at 12, and a run moves with it
  const spawnMs = Number(execFileSync(process.execPath, [spawns], { encoding: 'utf8' }));
  report.note('a bare spawn of `sh -c true`, processor time', spawnMs, 'ms', '');
  for (const isolation of ['none', undefined])
    for (const mode of ['single', 'Redis']) {
      const name = `${mode} mode, ${isolation === 'none' ? 'no' : 'default'} isolation`;
      const fleet = await start(world, mode, isolation);
      const api = await fleet.api.signIn();
      await drive(api, runsToWarmUp);
      // what counts as the figure of the target is a run without output; output is one segment and one counter more
      for (const [what, command] of Object.entries(commands)) {
        const { ms, written } = await measure(world, fleet, api, command);
        const total = Object.values(ms).reduce((sum, each) => sum + each, 0);
        const kinds = Object.entries(ms).map(([kind, each]) => `${kind} ${each.toFixed(2)}`);
        const by = [...kinds, `in all ${(total / spawnMs).toFixed(1)} bare spawns`].join(', ');
        if (command === 'true') report.most(`${name}: a run, processor time`, total, 'ms', mostMs[mode], by);
        else report.note(`${name}: a run ${what}, processor time`, total, 'ms', by);
        if (isolation === 'none' && mode === 'single')
          report.note(
            `what a run ${what} writes to the log of Postgres`,
            written.bytes,
            'bytes',
            `${shown(written.records)} records, ${shown(written.rows)} row versions, ${shown(written.hot)} of them without index entries, ${shown(written.commits)} transactions`,
          );
      }
      api.close();
      await world.clear();
    }
}

async function start(world, mode, isolation) {
  const url = await world.fresh(`cost_${mode.toLowerCase()}`);
  const environment = {
    DATABASE_URL: url,
    WORKER_CONCURRENCY: '4',
    ...(isolation && { EXECUTOR_ISOLATION: isolation }),
  };
  if (mode === 'single') {
    const api = await world.millrace(environment);
    return { url, api, servers: { server: api } };
  }
  Object.assign(environment, {
    REDIS_URL: await world.redisUrl(),
    // the processes have different data folders, so the key of the tokens is configured
    JWT_SECRET: 'a secret that all processes of the fleet share',
  });
  const api = await world.millrace(environment, 'api');
  const worker = await world.millrace(environment, 'worker');
  return { url, api, servers: { API: api, worker }, redis: (await world.redis()).pid };
}

/** Runs a command in several rounds. @returns ms of each kind of process and what was written, a run */
async function measure(world, fleet, api, command) {
  const sums = { ms: {}, written: {} };
  for (let round = 0; round < rounds; round += 1) {
    const go = await prepare(api, count, command);
    const before = await state(world, fleet);
    await go({ samplesWaits: false });
    const after = await state(world, fleet);
    for (const group of ['ms', 'written'])
      for (const [name, value] of Object.entries(after[group]))
        sums[group][name] = (sums[group][name] ?? 0) + (value - (before[group][name] ?? 0)) / count / rounds;
  }
  return sums;
}

async function state(world, { url, servers, redis }) {
  return world.query(url, async (db) => {
    const ms = {};
    let launcher = 0;
    for (const [kind, server] of Object.entries(servers)) {
      const times = cpuMsOfServer(server);
      ms[kind] = times.server;
      launcher += times.launcher;
    }
    ms.launcher = launcher;
    ms.Postgres = cpuMsOfGroup(await postmasterOf(db));
    if (redis) ms.Redis = cpuMsOfGroup(redis);
    return { ms, written: await writtenBy(db) };
  });
}

/** Reads the counters of Postgres. Its processes report theirs when they have been idle for a moment, or every second. */
async function writtenBy(db) {
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const { rows } = await db.query(
    `SELECT wal_bytes - wal_fpi * 8192.0 AS bytes, wal_records AS records,
            (SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_user_tables) AS rows,
            (SELECT sum(n_tup_hot_upd) FROM pg_stat_user_tables) AS hot,
            (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits
       FROM pg_stat_wal`,
  );
  return Object.fromEntries(Object.entries(rows[0]).map(([name, value]) => [name, Number(value)]));
}
