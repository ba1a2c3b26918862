const stream = 'project_id, status, is_archived, is_draft, planned';

/** Merges the sharded counters of tasks into one row per stream, except rows that are locked by a change. */
export const addUpCounts = `
  WITH taken AS (
    DELETE FROM task_counts WHERE ctid IN (SELECT ctid FROM task_counts WHERE shard <> 0 FOR UPDATE SKIP LOCKED)
    RETURNING ${stream}, n, bytes
  )
  INSERT INTO task_counts AS c (${stream}, shard, n, bytes)
  SELECT ${stream}, 0, sum(n), sum(bytes) FROM taken GROUP BY ${stream} ORDER BY ${stream}
      ON CONFLICT (${stream}, shard) DO UPDATE SET n = c.n + excluded.n, bytes = c.bytes + excluded.bytes`;
