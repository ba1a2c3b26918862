/** Merges the counters of stored output of connections that have ended; those of others are in use, and ends of runs would wait. */
export const mergeUsage = `
  WITH taken AS (
    DELETE FROM output_usage u USING (
      SELECT owner, shard FROM output_usage
       WHERE shard <> 0 AND shard NOT IN (SELECT pid FROM pg_stat_activity WHERE pid IS NOT NULL) FOR UPDATE SKIP LOCKED) AS ended
     WHERE u.owner = ended.owner AND u.shard = ended.shard
    RETURNING u.owner, u.bytes
  )
  INSERT INTO output_usage AS u (owner, shard, bytes)
  SELECT owner, 0, sum(bytes) FROM taken GROUP BY owner ORDER BY owner
      ON CONFLICT (owner, shard) DO UPDATE SET bytes = u.bytes + excluded.bytes`;
