import { projects } from '../data/seed.mjs';
import { Api } from '../support/api.mjs';
import { median, now } from '../support/figures.mjs';

const agents = 50;
const tasks = 1_000;
const line = 100_000;
const rounds = 3;
const target = 300;
/** A user may have a quarter of the connections at once. */
const environment = { RATE_LIMIT_ENABLED: 'false', DATABASE_POOL_SIZE: '40' };

/** What else is in the line of the project, before the tasks that are claimed. */
const before = {
  'behind tasks of others': { assigned_to: `(SELECT id FROM users WHERE username = 'admin')` },
  'behind tasks that wait for another one': { is_waiting: 'true' },
  'behind blocked tasks': { blocker: `'Waits'` },
};

/**
 * Measures claims a second by fifty agents, in one process and in two on Redis, and whether they cost more in a long line. Fails when a task
 * is claimed twice or out of order of the priorities.
 */
export default async function claims(world, report) {
  for (const [mode, roles] of Object.entries({ 'one process': ['all'], 'two processes': ['all', 'api'] })) {
    const url = await world.fresh('claims');
    const redis = roles.length > 1 ? { REDIS_URL: await world.redisUrl() } : {};
    const servers = [];
    for (const role of roles)
      servers.push(await world.millrace({ ...environment, ...redis, DATABASE_URL: url }, role));
    const admin = await servers[0].signIn();
    const apis = await makeAgents(admin, servers);

    await fill(world, url, tasks);
    await claimAll(world, url, apis);
    const rates = { claimed: [], done: [] };
    for (let round = 0; round < rounds; round += 1) {
      await fill(world, url, tasks);
      rates.claimed.push(await claimAll(world, url, apis));
      await fill(world, url, tasks);
      rates.done.push(await claimAll(world, url, apis, true));
    }
    report.least(`claims of ${agents} agents, ${mode}`, median(rates.claimed), 'claims/s', target);
    report.note(`tasks claimed and completed, ${mode}`, median(rates.done), 'tasks/s');

    if (roles.length === 1) await inLongLines(world, report, url, apis);
    for (const api of apis) await api.close();
    await world.stop(...servers);
  }
}

async function inLongLines(world, report, url, apis) {
  for (const [what, columns] of Object.entries({ 'of a line of 100,000': undefined, ...before })) {
    const rates = { short: [], long: [] };
    for (let round = 0; round < rounds; round += 1) {
      await fill(world, url, tasks);
      rates.short.push(await claimAll(world, url, apis));
      await fill(world, url, columns ? tasks : line, columns);
      rates.long.push(await claimAll(world, url, apis, false, tasks));
    }
    const reference = { name: `with ${tasks} tasks`, value: median(rates.short) };
    report.ratio(`claims ${what}`, median(rates.long), 'claims/s', reference, 0.8);
  }
  await fill(world, url, line);
  await world.query(url, (db) =>
    db.query(`UPDATE tasks SET type = 'bug' WHERE priority = 10 AND number % 1000 = 0`),
  );
  const begun = now();
  await apis[0].post('/api/claims', { project_id: projects.made, types: ['bug'] });
  report.note(`the claim of a bug behind nearly ${line} others`, now() - begun, 'ms');
}

/** Makes agents with a key each, who may work in the project. @returns their clients, at the servers in turn */
async function makeAgents(admin, servers) {
  const apis = [];
  for (let i = 0; i < agents; i += 1) {
    const agent = await admin.post('/api/agents', { name: `Agent ${i}`, prefix: `BA${i}X` });
    await admin.call('PUT', `/api/projects/${projects.made}/members/${agent.id}`, { role: 'developer' });
    const { token } = await admin.post(`/api/agents/${agent.id}/keys`, { label: 'bench' });
    apis.push(new Api(servers[i % servers.length].url, token));
  }
  return apis;
}

/**
 * Fills the project with open tasks of ten priorities.
 * @param others further columns of as many tasks as are in a long line, which are more urgent than any of them; what waits, waits for the
 * first of those that are open
 */
async function fill(world, url, count, others) {
  await world.query(url, async (db) => {
    for (const table of ['claims', 'task_dependencies']) await db.query(`DELETE FROM ${table}`);
    await db.query('DELETE FROM tasks WHERE project_id = $1', [projects.made]);
    const insert = (n, first, priority, extra = {}) => {
      const columns = Object.entries({
        id: 'gen_random_uuid()',
        project_id: `'${projects.made}'`,
        number: `${first} + n`,
        title: `'task ' || n`,
        created_by: `(SELECT id FROM users WHERE username = 'bench')`,
        priority,
        ...extra,
      });
      return `INSERT INTO tasks (${columns.map(([name]) => name).join(', ')})
        SELECT ${columns.map(([, value]) => value).join(', ')} FROM generate_series(1, ${n}) AS n RETURNING id`;
    };
    // in one transaction, since tasks that wait for nothing would be settled
    await db.query('BEGIN');
    const { rows } = await db.query(insert(count, 0, others ? '2 + n % 9' : '1 + n % 10'));
    if (others)
      await db.query(
        `WITH others AS (${insert(line, count, '1', others)})
         INSERT INTO task_dependencies (id, task_id, depends_on_task_id)
         SELECT gen_random_uuid(), id, $1 FROM others WHERE $2`,
        [rows[0].id, others.is_waiting !== undefined],
      );
    await db.query('COMMIT');
    // what autovacuum does a little later
    await db.query('VACUUM ANALYZE tasks, task_dependencies');
  });
}

/**
 * Has all agents claim, until there is nothing left or so many are claimed.
 * @returns claims a second
 */
async function claimAll(world, url, apis, completes = false, most = Infinity) {
  const claimed = [];
  const work = async (api) => {
    while (claimed.length < most) {
      const claim = await api.post('/api/claims', { project_id: projects.made });
      if (!claim) return;
      claimed.push(claim.task);
      const { claim_id, token } = claim;
      if (completes) await api.post(`/api/claims/${claim_id}/complete`, { token, result: 'Done' });
    }
  };
  const begun = now();
  await Promise.all(apis.map(work));
  const rate = claimed.length / ((now() - begun) / 1000);

  const ids = new Set(claimed.map(({ id }) => id));
  if (ids.size !== claimed.length) throw new Error(`${claimed.length - ids.size} tasks were claimed twice`);
  if (most === Infinity && ids.size !== tasks) throw new Error(`${ids.size} of ${tasks} tasks were claimed`);
  // in the order of the answers, where as many as there are agents can change places
  const late = claimed.filter(({ priority }, i) => priority < (claimed[i - 2 * apis.length]?.priority ?? 0));
  if (late.length > 0) throw new Error(`${late.length} tasks were claimed after less urgent ones`);
  await world.query(url, async (db) => {
    const { rows } = await db.query(
      `SELECT count(*)::int AS n FROM tasks WHERE project_id = $1 AND status = $2`,
      [projects.made, completes ? 'completed' : 'running'],
    );
    if (rows[0].n !== claimed.length) throw new Error(`${rows[0].n} of ${claimed.length} claims are stored`);
  });
  return rate;
}
