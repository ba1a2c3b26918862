import type { Queryable, Transaction } from '../../infra/database.js';
import { counted, inBatches, mostExamples, type Check } from './check.js';

const tasksAtOnce = 200;

/** Locks tasks, so that the statement behind it sees whatever their writers have committed. */
const lockTasks = (tx: Transaction, ids: readonly string[]) =>
  tx.query('SELECT 1 FROM tasks WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE', [ids]);

const miscounted = `
  FROM tasks t LEFT JOIN (SELECT task_id, count(*) AS total, count(done_at) AS done FROM checklist_items GROUP BY 1) AS c ON c.task_id = t.id
 WHERE t.checklist_total <> coalesce(c.total, 0) OR t.checklist_done <> coalesce(c.done, 0)`;

const checklistCounts: Check = {
  name: 'checklist_counts',
  examine: async (db) => {
    const [row] = await db.query<{ n: number; tasks: string[] | null }>(
      `SELECT count(*)::int AS n, (array_agg(t.id))[1:${mostExamples}] AS tasks ${miscounted}`,
    );
    const { n, tasks } = row!;
    return n === 0
      ? { status: 'ok', message: 'The kept counts of checklists are right' }
      : {
          status: 'error',
          message: `${counted(n, 'task shows', 'tasks show')} another number of checklist items than there is`,
          details: { differences: n, tasks },
        };
  },
  mend: (mending) =>
    inBatches(mending, tasksAtOnce, async (tx) => {
      const rows = await tx.query<{ id: string }>(`SELECT t.id ${miscounted} LIMIT ${tasksAtOnce}`);
      const ids = rows.map(({ id }) => id);
      // who changes an item locks its task
      await lockTasks(tx, ids);
      await tx.query(
        `UPDATE tasks t SET (checklist_total, checklist_done) =
                (SELECT count(*), count(done_at) FROM checklist_items c WHERE c.task_id = t.id) WHERE t.id = ANY ($1)`,
        [ids],
      );
      return ids.length;
    }),
};

const used = (project: string) =>
  `greatest((SELECT max(t.number) FROM tasks t WHERE t.project_id = ${project}), (SELECT max(f.number) FROM former_refs f WHERE f.project_id = ${project}))`;

const taskNumbers: Check = {
  name: 'task_numbers',
  examine: async (db) => {
    const rows = await db.query<{ key: string; next: number; used: number }>(
      `SELECT p.key, coalesce(n.next, 1) AS next, u.used FROM projects p LEFT JOIN task_numbers n ON n.project_id = p.id
         CROSS JOIN LATERAL (SELECT ${used('p.id')} AS used) AS u WHERE u.used >= coalesce(n.next, 1) ORDER BY p.key`,
    );
    return rows.length === 0
      ? { status: 'ok', message: 'The next numbers of tasks are free' }
      : {
          status: 'error',
          message: `In ${counted(rows.length, 'project', 'projects')} the next number of a task is taken, so that creating tasks fails`,
          details: { projects: rows.slice(0, mostExamples) },
        };
  },
  mend: (mending) =>
    // the number rises at any time and never falls, so the greater one is right
    mending.batch(async (tx) => {
      const rows = await tx.query(
        `INSERT INTO task_numbers AS n (project_id, next)
         SELECT p.id, u.used + 1 FROM projects p LEFT JOIN task_numbers m ON m.project_id = p.id
          CROSS JOIN LATERAL (SELECT ${used('p.id')} AS used) AS u WHERE u.used >= coalesce(m.next, 1) ORDER BY p.id
             ON CONFLICT (project_id) DO UPDATE SET next = greatest(n.next, excluded.next) RETURNING 1`,
      );
      return rows.length;
    }),
};

/** Computing the words of a task takes 50 to 100 µs, so of a large backlog a sample is looked at. */
const sampled = 2_000;
const wordsOfTask = 'add_words(task_words(t.title, t.description), comment_words(t.id))';
const taskDiffers = `(t.words IS NULL OR strip(ts_filter(t.words, '{a,b}')) <> strip(task_words(t.title, t.description)))`;
const wordsOfDocument = `add_words(setweight(words_of(t.title), 'A'), setweight(words_of(left(t.body, 100000)), 'B'))`;
const documentDiffers = `(t.words IS NULL OR strip(t.words) <> strip(${wordsOfDocument}))`;

/** Some of a table: all of a small one, else random pages with about as many rows as are sampled. */
async function sampleOf(db: Queryable, table: string, rows: number): Promise<string> {
  const [row] = await db.query<{ n: number }>(
    `SELECT greatest(reltuples, 0)::float8 AS n FROM pg_class WHERE oid = '${table}'::regclass`,
  );
  const percent = Math.min(100, (100 * rows) / Math.max(1, row!.n));
  return `(SELECT * FROM ${table} TABLESAMPLE SYSTEM (${percent.toFixed(6)}) LIMIT ${rows})`;
}

/** Where the mend of the words goes on, of tables too large for one call. It is only an order to look in, so a restart may lose it. */
const lookedTo = new Map<string, string>();
const nilId = '00000000-0000-0000-0000-000000000000';

const searchWords: Check = {
  name: 'search_words',
  examine: async (db) => {
    const found: Record<string, number> = {};
    for (const [table, differs, rows] of [
      ['tasks', taskDiffers, sampled],
      ['documents', documentDiffers, sampled / 10],
    ] as const) {
      const sample = await sampleOf(db, table, rows);
      const [row] = await db.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${sample} AS t WHERE ${differs}`,
      );
      const [empty] = await db.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${table} WHERE words IS NULL`,
      );
      found[table] = Math.max(row!.n, empty!.n);
    }
    const n = Object.values(found).reduce((sum, one) => sum + one, 0);
    return n === 0
      ? { status: 'ok', message: `The search index is right, as far as a sample of ${sampled} tasks shows` }
      : {
          status: 'error',
          message: `At least ${counted(n, 'text is', 'texts are')} not found by its words: the search index is stale`,
          details: found,
        };
  },
  mend: async (mending) =>
    (await mendWords(mending, 'tasks', taskDiffers, wordsOfTask)) +
    (await mendWords(mending, 'documents', documentDiffers, wordsOfDocument)),
};

/** Looks through a table in the order of its ids, as far as there is time, and computes the words anew that are wrong. */
async function mendWords(
  mending: Parameters<NonNullable<Check['mend']>>[0],
  table: 'tasks' | 'documents',
  differs: string,
  words: string,
): Promise<number> {
  let changed = 0;
  for (let last = lookedTo.get(table) ?? nilId; mending.hasTime();) {
    changed += await mending.batch(async (tx) => {
      const batch = await tx.query<{ id: string; differs: boolean }>(
        `SELECT t.id, ${differs} AS differs FROM (SELECT * FROM ${table} WHERE id > $1 ORDER BY id LIMIT ${tasksAtOnce}) AS t ORDER BY t.id`,
        [last],
      );
      const ids = batch.filter((row) => row.differs).map(({ id }) => id);
      last = batch.length < tasksAtOnce ? nilId : batch.at(-1)!.id;
      if (ids.length === 0) return 0;
      // a comment that is being stored adds its words to the locked row before it is committed, so it is either seen or added later
      await tx.query(`SELECT 1 FROM ${table} WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, [ids]);
      await tx.query(`UPDATE ${table} t SET words = ${words} WHERE t.id = ANY ($1)`, [ids]);
      return ids.length;
    });
    lookedTo.set(table, last);
    if (last === nilId) break;
  }
  return changed;
}

export const taskChecks = [checklistCounts, taskNumbers, searchWords];
