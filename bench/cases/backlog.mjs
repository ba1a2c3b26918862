import { projects } from '../data/seed.mjs';
import { inFlight } from '../support/api.mjs';
import { median, now, percentile } from '../support/figures.mjs';

const small = 20_000;
const large = 1_000_000;
/** Of five tasks four are archived in the large backlog: 800,000. */
const openOfFive = 5;
const created = 400;
const atOnce = 8;
const rounds = 3;
const labels = ['backend', 'urgent', 'customer'];

const lists = {
  'of all': '',
  'of a project': `project_id=${projects.listed}`,
  'of a project by priority': `project_id=${projects.listed}&sort=priority&order=asc`,
  'of a project by title': `project_id=${projects.listed}&sort=title&order=asc`,
  'with the archived ones': 'include_archived=true',
};
/** It is counted exactly, and ten times as many open tasks have them. */
const twoLabels = 'tags=backend,bug';

/**
 * Compares a backlog of 1,000,000 tasks, of which 800,000 are archived, with one of 20,000: creating tasks with three labels, and the first
 * page of lists.
 */
export default async function backlog(world, report) {
  const sides = {};
  for (const tasks of [small, large]) {
    const url = await world.fresh(`backlog_${tasks}`, tasks);
    if (tasks === large) await world.query(url, archive);
    const server = await world.millrace({ DATABASE_URL: url, RATE_LIMIT_ENABLED: 'false' });
    sides[tasks] = { server, api: await server.signIn(), rates: [] };
  }
  for (let round = -1; round < rounds; round += 1)
    for (const side of Object.values(sides)) {
      const begun = now();
      await inFlight(created, atOnce, (i) =>
        side.api.post('/api/tasks', { project_id: projects.made, title: `New ${round} ${i}`, tags: labels }),
      );
      if (round >= 0) side.rates.push(created / ((now() - begun) / 1000));
    }
  const rate = ({ rates }) => median(rates);
  const reference = { name: `in ${small} tasks`, value: rate(sides[small]) };
  report.ratio(`tasks created with ${labels.length} labels`, rate(sides[large]), 'tasks/s', reference, 0.7);
  const compare = async (what, query, most) => {
    const [few, many] = [await time(sides[small], query), await time(sides[large], query)];
    const remark = `${many.toFixed(1)} ms; of ${small}: ${few.toFixed(1)} ms`;
    report.most(`50 of ${large} ${what}`, many / few, '× the time', most, remark);
  };
  for (const [what, query] of Object.entries(lists)) await compare(what, query, 2);
  await compare('with two labels', twoLabels, 5);
  for (const { server, api } of Object.values(sides)) {
    await api.close();
    await world.stop(server);
  }
}

/** Archives four of five tasks, as if they had been archived one by one: the triggers would take longer than the rest. */
async function archive(db) {
  await db.query('ALTER TABLE tasks DISABLE TRIGGER USER');
  await db.query(
    `UPDATE tasks SET is_archived = true, archived_at = now() WHERE number % ${openOfFive} <> 0`,
  );
  await db.query('ALTER TABLE tasks ENABLE TRIGGER USER');
  await db.query('TRUNCATE task_counts');
  await db.query(
    `INSERT INTO task_counts (project_id, is_archived, is_draft, status, shard, n, bytes)
     SELECT project_id, is_archived, is_draft, status, 0, count(*), sum(coalesce(bytes, 0)) FROM tasks
      WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4`,
  );
  await db.query('VACUUM ANALYZE tasks');
}

async function time({ api }, query) {
  const took = [];
  for (let i = 0; i < 30; i += 1) {
    const begun = performance.now();
    await api.get(`/api/tasks?page_size=50&${query}`);
    took.push(performance.now() - begun);
  }
  return percentile(took.slice(5), 50);
}
