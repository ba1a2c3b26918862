import type { Queryable } from '../../infra/database.js';
import { counted, inBatches, mostExamples, type Check } from './check.js';
import type { CheckName } from './doctor.schema.js';
import {
  addDifferences,
  analytics,
  differencesOf,
  profileCounts,
  queueMetrics,
  storedBytes,
  taskCounts,
  type KeptSum,
} from './kept-sums.js';

const atOnce = 1_000;

interface Differences {
  table: string;
  differences: number;
  /** What must be added. */
  examples: unknown[];
}

async function differences(db: Queryable, sum: KeptSum): Promise<Differences> {
  const compared = sum.totals ?? sum;
  const [row] = await db.query<{ n: number; examples: unknown[] | null }>(
    `WITH found AS MATERIALIZED (${differencesOf(compared)})
     SELECT (SELECT count(*)::int FROM found) AS n,
            (SELECT json_agg(f) FROM (SELECT * FROM found ORDER BY ${compared.keys.join(', ')} LIMIT ${mostExamples}) AS f) AS examples`,
  );
  return { table: sum.table, differences: row!.n, examples: row!.examples ?? [] };
}

/** A check of kept sums. @param what they count, for people @param effect what is wrong where they are */
function checkOfSums(name: CheckName, sums: readonly KeptSum[], what: string, effect: string): Check {
  return {
    name,
    examine: async (db) => {
      const found: Differences[] = [];
      for (const sum of sums) found.push(await differences(db, sum));
      const n = found.reduce((total, one) => total + one.differences, 0);
      if (n === 0) return { status: 'ok', message: `The kept counts of ${what} are right` };
      return {
        status: 'error',
        message: `${counted(n, 'kept count', 'kept counts')} of ${what} ${n === 1 ? 'differs' : 'differ'} from what is there: ${effect}`,
        details: { missing: found.filter((one) => one.differences > 0) },
      };
    },
    mend: async (mending) => {
      let changed = 0;
      for (const sum of sums)
        changed += await inBatches(mending, atOnce, async (tx) => {
          const [row] = await tx.query<{ n: number }>(addDifferences(sum), [atOnce]);
          return row!.n;
        });
      return changed;
    },
  };
}

export const keptSumChecks: Check[] = [
  checkOfSums('task_counts', [taskCounts], 'tasks', 'totals of lists and the limits of projects are wrong'),
  checkOfSums(
    'stored_bytes',
    [storedBytes],
    'stored bytes',
    'the storage limits of projects and users are wrong',
  ),
  checkOfSums('profile_counts', [profileCounts], 'tasks by user', 'profiles show wrong numbers'),
  checkOfSums('analytics', analytics, 'tasks by day', 'the analytics of projects show wrong numbers'),
  checkOfSums('queue_metrics', queueMetrics, 'runs by hour', 'the metrics of queues show wrong numbers'),
];
