import type { Queryable, Transaction } from '../infra/database.js';
import { flagsOf, frameFrom, type OutputFrame } from './output-frame.js';

/**
 * Stores frames that follow one another as one segment, if the writer's generation still has a say. The lock makes the
 * check hold until the commit: whoever takes the say away (`lockOutput`) waits for it, or comes first and is seen. It is the
 * weakest there is, so that a storm of output does not keep the lease from being renewed.
 * @returns false when the writer has lost its say
 */
export async function appendSegment(
  db: Queryable,
  executionId: string,
  generation: number,
  frames: readonly OutputFrame[],
): Promise<boolean> {
  const [first] = frames;
  if (!first) return true;
  const rows = await db.query(
    `INSERT INTO output_segments (execution_id, "offset", content, frame_lengths, frame_flags, frame_times)
     SELECT e.id, $3, $4, $5, $6, $7 FROM executions e
      WHERE e.id = $1 AND e.generation = $2 AND e.status = 'running' FOR KEY SHARE
     RETURNING execution_id`,
    [
      executionId,
      generation,
      first.offset,
      frames.length === 1 ? first.content : Buffer.concat(frames.map(({ content }) => content)),
      frames.map(({ content }) => content.length),
      frames.map(flagsOf),
      frames.map(({ time }) => Math.round(time)),
    ],
  );
  return rows.length > 0;
}

/** Waits for segments that are being stored and keeps others out, until the transaction ends. */
export async function lockOutput(tx: Transaction, executionId: string): Promise<void> {
  await tx.query('SELECT 1 FROM executions WHERE id = $1 FOR UPDATE', [executionId]);
}

interface SegmentRow {
  offset: string;
  content: Buffer;
  frame_lengths: number[];
  frame_flags: number[];
  frame_times: string[];
}

/** The frames of a segment. */
function framesOf(row: SegmentRow): OutputFrame[] {
  const start = Number(row.offset);
  let position = 0;
  return row.frame_lengths.map((length, index) => {
    const content = row.content.subarray(position, position + length);
    const frame = frameFrom(
      start + position,
      row.frame_flags[index] ?? 0,
      Number(row.frame_times[index]),
      content,
    );
    position += length;
    return frame;
  });
}

const segmentColumns = '"offset", content, frame_lengths, frame_flags, frame_times';

/**
 * The stored frames from an offset on, without a gap: the first may begin before the offset.
 * @param limit how many segments at most; a segment holds at most one flush of the recorder
 */
export async function readFrames(
  db: Queryable,
  executionId: string,
  offset: number,
  limit: number,
): Promise<OutputFrame[]> {
  const rows = await db.query<SegmentRow & Record<string, unknown>>(
    `SELECT ${segmentColumns} FROM output_segments
      WHERE execution_id = $1 AND "offset" >= coalesce(
        (SELECT max("offset") FROM output_segments WHERE execution_id = $1 AND "offset" <= $2), 0)
      ORDER BY "offset" LIMIT $3`,
    [executionId, offset, limit],
  );
  const frames: OutputFrame[] = [];
  let expected: number | undefined;
  if (Number(rows[0]?.offset) > offset) return [];
  for (const row of rows) {
    // segments are written by two connections: one that is missing may still come
    if (expected !== undefined && Number(row.offset) !== expected) break;
    frames.push(...framesOf(row));
    expected = Number(row.offset) + row.content.length;
  }
  return frames.filter((frame) => frame.offset + frame.content.length > offset);
}

/** How many bytes are stored from the start without a gap. */
export async function storedBytes(db: Queryable, executionId: string): Promise<number> {
  const [row] = await db.query<{ total: string }>(
    `SELECT coalesce(min(s.ends) FILTER (WHERE s.next IS DISTINCT FROM s.ends), 0) AS total
       FROM (SELECT ends, lead("offset") OVER (ORDER BY "offset") AS next
               FROM (SELECT -1 AS "offset", 0 AS ends
                      UNION ALL
                     SELECT "offset", "offset" + length(content) FROM output_segments WHERE execution_id = $1
                    ) AS segments) AS s`,
    [executionId],
  );
  return Number(row?.total ?? 0);
}
