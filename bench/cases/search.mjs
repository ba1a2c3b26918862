import { percentile } from '../support/figures.mjs';

const mostMs = 50;
const mostWords = 20;
/** Words by the number of tasks that contain them: of a million, and as counted in a sample of 1 %. */
const kinds = [
  { tasks: '100', low: 1, high: 2, held: true, samples: 200 },
  { tasks: '1,000', low: 9, high: 11, held: true, samples: 200 },
  { tasks: '10,000', low: 90, high: 110, held: true, samples: 200 },
  { tasks: '100,000', low: 800, high: 1_300, held: false, samples: 20 },
];

/** Measures the search for a word in a million tasks: a page of 50 and the exact total. */
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
  for (const { tasks, low, high, held, samples } of kinds) {
    const list = words.filter(({ ndoc }) => ndoc >= low && ndoc <= high).map(({ word }) => word);
    if (list.length === 0) throw new Error(`no word that ${tasks} tasks have`);
    const ask = async (word) => {
      const begun = performance.now();
      await api.get(`/api/tasks?search=${encodeURIComponent(word)}&page_size=50`);
      return performance.now() - begun;
    };
    // the first search for a word reads from the disk or from the page cache
    const asked = list.slice(0, mostWords);
    const first = [];
    for (const word of asked) first.push(await ask(word));
    const took = [];
    for (let i = 0; i < samples; i += 1) took.push(await ask(asked[i % asked.length]));
    const what = `search for a word that ${tasks} of 1,000,000 tasks have, p99`;
    const remark = `p50 ${percentile(took, 50).toFixed(1)} ms; p50 of the first time ${percentile(first, 50).toFixed(1)} ms`;
    if (held) report.most(what, percentile(took, 99), 'ms', mostMs, remark);
    else report.note(what, percentile(took, 99), 'ms', remark);
  }
}
