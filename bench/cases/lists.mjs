import { projects } from '../data/seed.mjs';
import { median, percentile } from '../support/figures.mjs';
import { load } from '../support/wrk.mjs';

const rounds = 3;
const script = 'request = function() return wrk.format("GET", "/api/tasks?page=1&page_size=50") end';

const pages = {
  'a project': `project_id=${projects.listed}`,
  'a project and two statuses': `project_id=${projects.listed}&status=pending,failed`,
  'a project by title': `project_id=${projects.listed}&sort=title&order=asc`,
  'by urgency': 'priority=2',
  'two tags': 'tags=backend,bug',
  'an assignee': 'assigned_to=01900000-0000-7000-9000-000000000007',
  'the last months': `created_after=${new Date(Date.now() - 60 * 86_400_000).toISOString()}`,
  'page 1,000 of all': 'page=1000',
  'the last page of all': 'page=$LAST',
};

/** Compares lists of 100,000 and of 1,000,000 tasks: their rate without a filter, and the times of filters, sorting and deep pages. */
export default async function lists(world, report) {
  const sizes = { 100_000: undefined, 1_000_000: undefined };
  for (const size of Object.keys(sizes)) {
    const server = await world.millrace({ DATABASE_URL: await world.database(Number(size)) });
    sizes[size] = { server, api: await server.signIn(), rates: [] };
  }
  for (let round = -1; round < rounds; round += 1) {
    for (const { server, api, rates } of Object.values(sizes)) {
      const { rate } = await load({
        folder: world.folder,
        url: server.url,
        token: api.token,
        script,
        seconds: 2,
      });
      if (round >= 0) rates.push(rate);
    }
  }
  const of = (size) => median(sizes[size].rates);
  const reference = { name: 'of 100,000 tasks', value: of(100_000) };
  report.ratio('list without a filter of 1,000,000 tasks', of(1_000_000), 'req/s', reference, 0.8);
  for (const [what, query] of Object.entries(pages)) {
    const [small, large] = [await time(sizes[100_000], query), await time(sizes[1_000_000], query)];
    report.note(`50 of 1,000,000: ${what}`, large, 'ms p50', `of 100,000: ${small.toFixed(1)} ms`);
  }
}

async function time({ api }, query) {
  const { pages: count } = await api.get('/api/tasks?page_size=50');
  const path = `/api/tasks?page_size=50&${query.replace('$LAST', String(count))}`;
  const took = [];
  for (let i = 0; i < 12; i += 1) {
    const begun = performance.now();
    await api.get(path);
    took.push(performance.now() - begun);
  }
  return percentile(took.slice(2), 50);
}
