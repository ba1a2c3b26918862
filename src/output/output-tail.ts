import type { Queryable } from '../infra/database.js';
import { startingAt, type OutputFrame } from './output-frame.js';
import { readFrames } from './output.queries.js';

/** The most bytes, and the most segments, that are read at once on the way backwards. A segment has at most so many bytes. */
const bytesAtOnce = 1024 * 1024;
const segmentsAtOnce = 256;
/** The most segments of the end of the output that are read at once. */
const mostSegments = 10_000;
const newline = 0x0a;
const stderrFlag = 1;

interface SegmentRow extends Record<string, unknown> {
  offset: string;
  content: Buffer;
  frame_lengths: number[];
  frame_flags: number[];
}

/** Reads the end of the stored output. While the command runs, a segment before the last one may not be stored yet. */
export async function storedEnd(db: Queryable, executionId: string): Promise<number> {
  const [row] = await db.query<{ ends: string }>(
    `SELECT "offset" + length(content) AS ends FROM output_segments
      WHERE execution_id = $1 ORDER BY "offset" DESC LIMIT 1`,
    [executionId],
  );
  return Number(row?.ends ?? 0);
}

/**
 * Finds the offset at which the last lines of the stored output begin, reading it backwards. A last line without a line feed counts.
 * @param lines the number of lines, at least 1
 * @param maxBytes the most bytes to read; older output is left out
 * @param stream the only stream whose lines are counted; undefined for both
 * @param inTurn does one read of at most 1 MiB; what it throws ends the search
 */
export async function offsetOfLastLines(
  db: Queryable,
  executionId: string,
  lines: number,
  maxBytes: number,
  stream?: OutputFrame['stream'],
  inTurn: <T>(read: () => Promise<T>) => Promise<T> = (read) => read(),
): Promise<number> {
  const end = await inTurn(() => storedEnd(db, executionId));
  const limit = Math.max(0, end - maxBytes);
  let left = lines;
  let atEnd = true;
  for (let before = end; before > limit;) {
    const rows = await inTurn(() => segmentsBefore(db, executionId, before));
    for (const row of rows) {
      for (const [start, content] of piecesBackwards(row, stream)) {
        for (
          let at = content.lastIndexOf(newline);
          at >= 0;
          at = at === 0 ? -1 : content.lastIndexOf(newline, at - 1)
        ) {
          // the line feed at the very end closes the last line and begins none
          if (!(atEnd && at === content.length - 1)) left -= 1;
          atEnd = false;
          if (left === 0) return Math.max(limit, start + at + 1);
        }
        if (content.length > 0) atEnd = false;
      }
      before = Number(row.offset);
    }
    if (rows.length === 0) break;
  }
  return limit;
}

/** Reads the segments that begin in the last 1 MiB before an offset, or the one before it, the last one first. */
function segmentsBefore(db: Queryable, executionId: string, before: number): Promise<SegmentRow[]> {
  return db.query<SegmentRow>(
    `SELECT "offset", content, frame_lengths, frame_flags FROM output_segments
      WHERE execution_id = $1 AND "offset" < $2 AND "offset" >= least($2::bigint - $3::bigint,
        (SELECT max("offset") FROM output_segments WHERE execution_id = $1 AND "offset" < $2))
      ORDER BY "offset" DESC LIMIT $4`,
    [executionId, before, bytesAtOnce, segmentsAtOnce],
  );
}

/** Yields the offsets and contents of a stream's frames in a segment, the last one first; for both streams, the whole segment. */
function* piecesBackwards(
  row: SegmentRow,
  stream: OutputFrame['stream'] | undefined,
): Generator<[number, Buffer]> {
  if (stream === undefined) return yield [Number(row.offset), row.content];
  let end = row.content.length;
  for (let index = row.frame_lengths.length - 1; index >= 0; index -= 1) {
    const start = end - row.frame_lengths[index]!;
    const isStderr = ((row.frame_flags[index] ?? 0) & stderrFlag) !== 0;
    if (isStderr === (stream === 'stderr'))
      yield [Number(row.offset) + start, row.content.subarray(start, end)];
    end = start;
  }
}

/** With more frames than this, adjacent ones are joined, so that a command that writes byte by byte does not cause a huge response. */
const mostFrames = 2_000;
/**
 * The most frames that are shown, the latest ones. Frames of alternating streams cannot be joined: 256 KiB of them would be 34 MB of JSON.
 */
const mostShownFrames = 10_000;

/**
 * Reads the frames at the end of the stored output.
 * @param maxBytes the most bytes to read, from the start of a character on; fewer are read when the streams alternate thousands of times
 * @param lines the most lines to read
 */
export async function tailFrames(
  db: Queryable,
  executionId: string,
  maxBytes: number,
  lines?: number,
): Promise<OutputFrame[]> {
  const start =
    lines === undefined
      ? Math.max(0, (await storedEnd(db, executionId)) - maxBytes)
      : await offsetOfLastLines(db, executionId, lines, maxBytes);
  const [first, ...rest] = await readFrames(db, executionId, start, mostSegments);
  if (!first) return [];
  const frames = [fromCharacter(first), ...rest];
  return frames.length > mostFrames ? joined(frames).slice(-mostShownFrames) : frames;
}

/** Cuts a frame so that it starts with a whole character, up to three bytes later. */
function fromCharacter(frame: OutputFrame): OutputFrame {
  let start = frame.offset;
  const last = frame.offset + frame.content.length - 1;
  while (frame.text && start < last && ((frame.content[start - frame.offset] ?? 0) & 0xc0) === 0x80)
    start += 1;
  return startingAt(frame, start);
}

function joined(frames: readonly OutputFrame[]): OutputFrame[] {
  const groups: OutputFrame[][] = [];
  for (const frame of frames) {
    const group = groups.at(-1);
    const first = group?.[0];
    const canJoin =
      first?.stream === frame.stream && first.text === frame.text && first.marker === frame.marker;
    if (group && canJoin) group.push(frame);
    else groups.push([frame]);
  }
  return groups.map((group) => ({
    ...group[0]!,
    content: Buffer.concat(group.map(({ content }) => content)),
  }));
}
