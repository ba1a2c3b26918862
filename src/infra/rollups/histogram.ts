/** Selects the buckets of a histogram, which is stored in three arrays, as rows of `bucket`, the number `n` and the sum `ms`. */
export const bucketsOf = (s: string): string =>
  `unnest(${s}.buckets) AS bucket, unnest(${s}.n) AS n, unnest(${s}.ms) AS ms`;

/**
 * Adds histograms to the stored ones of a table. One row of arrays is read 20 times as fast as a row for each bucket.
 * @param rows a query of the keys, `bucket`, `n` and `ms` with one row a bucket
 */
export const addHistograms = (table: string, keys: string, rows: string): string => `
  INSERT INTO ${table} AS s (${keys}, buckets, n, ms)
  SELECT ${keys}, ${arrays} FROM (${rows}) AS r GROUP BY ${keys}
      ON CONFLICT (${keys}) DO UPDATE SET (buckets, n, ms) = (
        SELECT ${arrays} FROM (
          SELECT bucket, sum(n)::integer AS n, sum(ms)::bigint AS ms
            FROM (SELECT ${bucketsOf('s')} UNION ALL SELECT ${bucketsOf('excluded')}) AS merged
           GROUP BY bucket HAVING sum(n) <> 0 OR sum(ms) <> 0) AS r)`;

const arrayOf = (column: string, type: string) =>
  `coalesce(array_agg(${column} ORDER BY bucket), '{}')::${type}[]`;
const arrays = `${arrayOf('bucket', 'smallint')}, ${arrayOf('n', 'integer')}, ${arrayOf('ms', 'bigint')}`;

/**
 * Numbers the observations below each bucket of a histogram, for `quantile`.
 * @param groups the columns that distinguish the histograms
 * @param buckets the name of a relation with these columns, `bucket`, `n` observations and their sum `ms`; it may have several rows a bucket
 */
export const ranked = (groups: string, buckets: string): string => `
  SELECT ${groups}, ms / n AS value, sum(n) OVER (PARTITION BY ${groups} ORDER BY bucket) AS upto, sum(n) OVER (PARTITION BY ${groups}) AS total
    FROM (SELECT ${groups}, bucket, sum(n)::float8 AS n, sum(ms::float8) AS ms FROM ${buckets} GROUP BY ${groups}, bucket HAVING sum(n) > 0) AS b`;

/**
 * An aggregate over the rows of `ranked` that interpolates like `percentile_cont`. The mean of a bucket stands for its observations, which
 * differ by 2 % at most; where all observations of a bucket are equal it is exact.
 */
export function quantile(fraction: number, filter = 'true'): string {
  const rank = `${fraction} * (total - 1)`;
  const at = (position: string) => `min(value) FILTER (WHERE ${filter} AND upto > ${position}(${rank}))`;
  const part = `min(${rank} - floor(${rank})) FILTER (WHERE ${filter})`;
  return `(${at('floor')} + (${at('ceil')} - ${at('floor')}) * ${part})::float8`;
}
