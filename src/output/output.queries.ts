import type { Queryable } from '../infra/database.js';
import { withoutPartialEnd, flagsOf, frameFrom, type OutputFrame } from './output-frame.js';

/**
 * Stores consecutive frames as one segment, if the writer's generation still holds the lease. The row lock keeps that true until the
 * commit: a transaction that ends the execution (see `lockOutput`) waits for it, or comes first and is seen by the check. It is the weakest
 * row lock, so that a flood of output does not block the renewal of the lease. A segment that is stored already stays as it is.
 * @returns false when the writer has been fenced off
 */
export async function appendSegment(
  db: Queryable,
  executionId: string,
  generation: number,
  frames: readonly OutputFrame[],
): Promise<boolean> {
  const [first] = frames;
  if (!first) return true;
  // DO NOTHING: a connection that is lost during the commit leaves the segment stored, and its writer stores it again
  const rows = await db.query(
    `WITH writer AS MATERIALIZED (
       SELECT id FROM executions WHERE id = $1 AND generation = $2 AND status = 'running' FOR KEY SHARE
     ), stored AS (
       INSERT INTO output_segments (execution_id, "offset", content, frame_lengths, frame_flags, frame_times)
       SELECT id, $3, $4, $5, $6, $7 FROM writer ON CONFLICT (execution_id, "offset") DO NOTHING
     )
     SELECT id FROM writer`,
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

interface SegmentRow {
  offset: string;
  /** The length of the whole segment in bytes, while `content` may be a part of it. */
  length: number;
  content: Buffer;
  frame_lengths: number[];
  frame_flags: number[];
  frame_times: string[];
}

/** Adds the frames of a segment that contain bytes between two offsets, cut to these offsets. */
function addFrames(frames: OutputFrame[], row: SegmentRow, from: number, end: number): void {
  const readFrom = Math.max(from, Number(row.offset));
  let offset = Number(row.offset);
  for (const [index, length] of row.frame_lengths.entries()) {
    const next = offset + length;
    if (next > from) {
      const start = Math.max(from, offset);
      const content = row.content.subarray(start - readFrom, Math.min(next, end) - readFrom);
      const frame = frameFrom(start, row.frame_flags[index] ?? 0, Number(row.frame_times[index]), content);
      if (next <= end) frames.push(frame);
      else if (frames.length === 0) frames.push(withoutPartialEnd(frame));
      if (next >= end) return;
    }
    offset = next;
  }
}

/** An upper bound for the length of a segment. */
const longestContent = 2 ** 30;

/**
 * Reads the stored frames from an offset on, up to the first gap. A frame that begins before the offset is cut there, perhaps inside a
 * character.
 * @param limit the most segments to read; a segment holds at most one flush of the recorder
 * @param bytes the most bytes to read: a frame that does not fit is left out or, when it is the only one, cut after a character
 */
export async function readFrames(
  db: Queryable,
  executionId: string,
  offset: number,
  limit: number,
  bytes: number = longestContent,
): Promise<OutputFrame[]> {
  const end = offset + bytes;
  const rows = await db.query<SegmentRow & Record<string, unknown>>(
    `SELECT "offset", length(content) AS length, frame_lengths, frame_flags, frame_times,
            substring(content FROM least(greatest($2::bigint - "offset", 0), length(content))::int + 1
                      FOR least($4::bigint - greatest($2::bigint, "offset"), ${longestContent})::int) AS content
       FROM output_segments
      WHERE execution_id = $1 AND "offset" < $4::bigint AND "offset" >= coalesce(
        (SELECT max("offset") FROM output_segments WHERE execution_id = $1 AND "offset" <= $2::bigint), 0)
      ORDER BY "offset" LIMIT $3`,
    [executionId, offset, limit, end],
  );
  const frames: OutputFrame[] = [];
  let expected: number | undefined;
  if (Number(rows[0]?.offset) > offset) return [];
  for (const row of rows) {
    // segments are stored over two connections, so a missing one may follow later
    if (expected !== undefined && Number(row.offset) !== expected) break;
    addFrames(frames, row, offset, end);
    expected = Number(row.offset) + row.length;
  }
  return frames;
}
