/** The lengths of the blocks in which sums are kept, in days or hours: a year or a month is the sum of 7 to 16 blocks. */
export const blockLengths = [1, 4, 16, 64, 256] as const;

/**
 * Covers all time from a day or hour on with few blocks: only the beginning needs small ones, since nothing has happened after now.
 * @returns the parameters of `inBlocks`: of each length the first start, and the start that is not included any more
 */
export function blocksSince(since: number): [number[], number[], number[]] {
  const starts = blockLengths.map((length) => Math.ceil(since / length) * length);
  return [[...blockLengths], starts, [...starts.slice(1), 2 ** 31 - 1]];
}

/**
 * Returns a relation of the rows of those blocks. It is not flattened into a join, for which the planner would rather read all blocks.
 * @param first the number of the first of three parameters
 * @param key the name of the column with the length
 * @param columns what to select of the table `s`
 */
export const inBlocks = (
  table: string,
  key: string,
  columns: string,
  condition: string,
  first: number,
): string => `
  unnest($${first}::integer[], $${first + 1}::integer[], $${first + 2}::integer[]) AS b (length, first, below) CROSS JOIN LATERAL (
    SELECT ${columns} FROM ${table} s
     WHERE ${condition} AND s.${key} = b.length AND s.start >= b.first AND s.start < b.below OFFSET 0) AS s`;

/** An SQL list of the lengths. */
export const lengthList = `(VALUES ${blockLengths.map((length) => `(${length})`).join(', ')})`;
