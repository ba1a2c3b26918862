import { percentile } from '../support/figures.mjs';

const mostMs = 50;
const samples = 60;
/** How many of a million tasks have a word, by how many of a sample of 1 % have it. */
const kinds = [
  { tasks: '100', low: 1, high: 2, held: true },
  { tasks: '1,000', low: 8, high: 13, held: true },
  { tasks: '10,000', low: 70, high: 130, held: true },
  { tasks: '100,000', low: 700, high: 1_500, held: false },
];

/** One word searched for in a million tasks; a page of 50 and the exact number of all. */
export default async function search(world, report) {
  const url = await world.database(1_000_000);
  const { rows: words } = await world.query(url, (db) =>
    db.query(
      `SELECT word, ndoc FROM ts_stat($$SELECT to_tsvector('simple', title || ' ' || description) FROM tasks TABLESAMPLE SYSTEM (1) REPEATABLE (7)$$)
        WHERE length(word) > 3`,
    ),
  );
  const server = await world.millrace({ DATABASE_URL: url });
  const api = await server.signIn();
  for (const { tasks, low, high, held } of kinds) {
    const list = words.filter(({ ndoc }) => ndoc >= low && ndoc <= high).map(({ word }) => word);
    if (list.length === 0) throw new Error(`no word that ${tasks} tasks have`);
    const took = [];
    for (let i = -10; i < samples; i += 1) {
      const word = list[(i + 10) % list.length];
      const begun = performance.now();
      await api.get(`/api/tasks?search=${encodeURIComponent(word)}&page_size=50`);
      if (i >= 0) took.push(performance.now() - begun);
    }
    const what = `search for a word that ${tasks} of 1,000,000 tasks have, p99`;
    const remark = `p50 ${percentile(took, 50).toFixed(1)} ms`;
    if (held) report.most(what, percentile(took, 99), 'ms', mostMs, remark);
    else report.note(what, percentile(took, 99), 'ms', remark);
  }
}
