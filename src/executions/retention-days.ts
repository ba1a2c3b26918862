/**
 * The SQL expression for the days that the project `p` keeps the output and the files of its runs; null keeps them for ever. $1 is the
 * server's own retention. The setting was not validated in older versions, so the stored value may be of any type.
 */
export const daysOfProject = `CASE WHEN jsonb_typeof(p.settings->'output_retention_days') = 'number'
  THEN least(3650, greatest(1, (p.settings->>'output_retention_days')::numeric))::int ELSE $1::int END`;
