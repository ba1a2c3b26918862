/** Merges the sharded counters of tasks into one row per project and status, except rows that are locked by a change. */
export const addUpCounts = `
  WITH taken AS (
    DELETE FROM task_counts WHERE ctid IN (SELECT ctid FROM task_counts WHERE shard <> 0 FOR UPDATE SKIP LOCKED)
    RETURNING project_id, status, n, bytes
  )
  INSERT INTO task_counts AS c (project_id, status, shard, n, bytes)
  SELECT project_id, status, 0, sum(n), sum(bytes) FROM taken GROUP BY project_id, status ORDER BY project_id, status
      ON CONFLICT (project_id, status, shard) DO UPDATE SET n = c.n + excluded.n, bytes = c.bytes + excluded.bytes`;
