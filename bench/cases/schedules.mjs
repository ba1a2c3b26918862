import { projects } from '../data/seed.mjs';
import { median, now } from '../support/figures.mjs';
import { cpuMsOfGroup, postmasterOf } from '../support/processor-time.mjs';

const idle = 10_000;
const due = 1_000;
const rounds = 3;
const idleSeconds = 60;
/** Sessions of the database may be many here: two processes fire at once. */
const environment = { RATE_LIMIT_ENABLED: 'false', DATABASE_POOL_SIZE: '20', QUEUE_LIMIT: '1000000' };
const targets = { firedWithin: 1_000, idleShare: 1.1 };

/**
 * Measures what schedules cost that are not due, and how fast many fire that are due in one second, with two processes. Fails when one
 * does not fire or fires twice.
 */
export default async function schedules(world, report) {
  const url = await world.fresh('schedules');
  const servers = [];
  const redis = { REDIS_URL: await world.redisUrl() };
  for (const role of ['api', 'api'])
    servers.push(await world.millrace({ ...environment, ...redis, DATABASE_URL: url }, role));
  const api = await servers[0].signIn();
  const { id: userId } = await api.get('/api/users/profile');
  const insert = (count, dueIn) =>
    world.query(url, (db) =>
      db.query(
        `WITH places AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS places FROM projects WHERE id <> $1)
         INSERT INTO schedules (id, project_id, name, cron, template, overlap, created_by, next_at, due_at)
         SELECT gen_random_uuid(), p.id, 'Schedule ' || n, '0 0 1 1 *', '{"title": "Made", "command": "true"}', 'allow', $2,
                date_trunc('second', now()) + $4::interval, date_trunc('second', now()) + $4::interval
           FROM generate_series(1, $3::int) AS n JOIN places p ON p.place = n % p.places`,
        [projects.made, userId, count, dueIn],
      ),
    );
  const wake = () =>
    api.post('/api/projects/' + projects.made + '/schedules', {
      name: 'Wakes',
      cron: '0 0 1 1 *',
      enabled: false,
      template: { title: 'x', command: 'true' },
    });

  const without = await processorTime(servers);
  await insert(idle, '1 year');
  await wake();
  const withMany = await processorTime(servers);
  const hour = (seconds) => (seconds * 3600) / idleSeconds;
  report.note('processor time an hour of two processes without schedules', hour(without), 's');
  report.most(
    `of two processes with ${idle} schedules`,
    hour(withMany),
    's',
    hour(without) * targets.idleShare + 5,
  );

  const postmaster = await world.query(url, postmasterOf);
  const usedMs = () => cpuMsOfGroup(postmaster) + servers.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  const times = [];
  const costs = [];
  for (let round = 0; round < rounds; round += 1) {
    await insert(due, '3 seconds');
    await wake();
    const before = usedMs();
    times.push(await lastFired(world, url, due * (round + 1)));
    costs.push((usedMs() - before) / due);
  }
  report.note(
    'processor time a fired schedule, Postgres and the admission of its run included',
    median(costs),
    'ms',
  );
  report.most(
    `${due} due in one second with two processes: the last has fired after`,
    median(times),
    'ms',
    targets.firedWithin,
  );
  await world.stop(...servers);
}

async function processorTime(servers) {
  const used = () => servers.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 1000;
  const before = used();
  const until = now() + idleSeconds * 1000;
  while (now() < until) await new Promise((resolve) => setTimeout(resolve, 1000));
  return used() - before;
}

/** Waits until so many have fired. @returns how long after its time the last one of the second was stored, in ms */
async function lastFired(world, url, expected) {
  const deadline = now() + 60_000;
  for (;;) {
    const [seen] = await world.query(url, async (db) => {
      const { rows } = await db.query(
        `SELECT (SELECT count(*)::int FROM schedule_occurrences WHERE status = 'fired') AS fired,
                (SELECT count(*)::int FROM executions WHERE origin_id IS NOT NULL) AS runs,
                (SELECT count(DISTINCT origin_id)::int FROM executions WHERE origin_id IS NOT NULL) AS schedules,
                (SELECT extract(epoch FROM max(o.decided_at) - max(o.scheduled_for)) * 1000 FROM schedule_occurrences o
                  WHERE o.scheduled_for = (SELECT max(scheduled_for) FROM schedule_occurrences))::float8 AS ms`,
      );
      return rows;
    });
    if (seen.runs > expected) throw new Error(`${seen.runs} runs of ${expected} schedules: some fired twice`);
    if (seen.fired === expected && seen.schedules === expected) return seen.ms;
    if (now() > deadline) throw new Error(`${seen.fired} of ${expected} have fired`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
