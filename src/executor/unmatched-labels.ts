import type { SystemAlerts } from '../activity/system-alerts.js';
import type { ConnectionPool } from '../infra/database.js';

/** How long runs wait for labels that no living worker has before administrators are alerted. */
const alertAfterSeconds = 300;
/** The most label sets that are looked at; there are as many as users think of. */
const mostSets = 500;

const unmatched = `SELECT s.wanted FROM waiting_label_sets(${mostSets}) AS s
   WHERE NOT EXISTS (SELECT 1 FROM workers w WHERE w.labels @> s.wanted)`;

/**
 * Notes the label sets that runs wait with and no worker has, and alerts administrators of each that has had none for five minutes, once
 * until a worker comes.
 */
export async function reportUnmatchedLabels(database: ConnectionPool, alerts: SystemAlerts): Promise<void> {
  await database.query(
    `WITH u AS MATERIALIZED (${unmatched}), matched AS (
       DELETE FROM unmatched_label_sets n WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.wanted = n.runs_on))
     INSERT INTO unmatched_label_sets (runs_on) SELECT u.wanted FROM u
       WHERE NOT EXISTS (SELECT 1 FROM unmatched_label_sets n WHERE n.runs_on = u.wanted) ON CONFLICT DO NOTHING`,
  );
  const isDue = 'NOT alerted AND since < now() - make_interval(secs => $1)';
  const values = [alertAfterSeconds];
  const [due] = await database.query(`SELECT 1 FROM unmatched_label_sets WHERE ${isDue} LIMIT 1`, values);
  if (!due) return;
  await database.transaction(async (tx) => {
    const sets = await tx.query<{ runs_on: string[] }>(
      `UPDATE unmatched_label_sets SET alerted = true WHERE ${isDue} RETURNING runs_on`,
      values,
    );
    for (const { runs_on } of sets) {
      const message = `Runs wait for a worker with the labels ${runs_on.join(', ')}; there is none`;
      alerts.record(tx, 'no_matching_worker', message, { runs_on });
    }
  });
}
