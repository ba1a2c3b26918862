import type { Queryable, Transaction } from '../infra/database.js';
import { endedAtCharacter, flagsOf, frameFrom, type OutputFrame } from './output-frame.js';

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
  /** Of the whole segment. */
  length: number;
  content: Buffer;
  frame_lengths: number[];
  frame_flags: number[];
  frame_times: string[];
}

/** Adds what was read of a segment's frames: of those that hold bytes from one offset to another. */
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
      else if (frames.length === 0) frames.push(endedAtCharacter(frame));
      if (next >= end) return;
    }
    offset = next;
  }
}

/** A segment cannot be longer than this. */
const longestContent = 2 ** 30;

/**
 * The stored frames from an offset on, without a gap. A frame that begins before the offset is cut there, perhaps inside a character.
 * @param limit how many segments at most; a segment holds at most one flush of the recorder
 * @param bytes how much is read at most: the frame that does not fit is left out or, when it is the only one, cut after a character
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
            substring(content FROM (greatest($2::bigint - "offset", 0) + 1)::int
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
    // segments are written by two connections: one that is missing may still come
    if (expected !== undefined && Number(row.offset) !== expected) break;
    addFrames(frames, row, offset, end);
    expected = Number(row.offset) + row.length;
  }
  return frames;
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
