import type { Queryable } from '../infra/database.js';
import { startingAt, type OutputFrame } from './output-frame.js';
import { readFrames } from './output.queries.js';

/** Segments are looked at backwards this many at a time; one holds at most 1 MiB. */
const segmentsAtOnce = 4;
/** Even many short segments are not more than this at once. */
const mostSegments = 10_000;
const newline = 0x0a;
const stderrFlag = 1;

interface SegmentRow extends Record<string, unknown> {
  offset: string;
  content: Buffer;
  frame_lengths: number[];
  frame_flags: number[];
}

/** Where the stored output ends. While the command runs a segment before the last one may still be on its way. */
export async function storedEnd(db: Queryable, executionId: string): Promise<number> {
  const [row] = await db.query<{ ends: string }>(
    `SELECT "offset" + length(content) AS ends FROM output_segments
      WHERE execution_id = $1 ORDER BY "offset" DESC LIMIT 1`,
    [executionId],
  );
  return Number(row?.ends ?? 0);
}

/**
 * Where the last lines of the stored output begin, read from its end backwards. A last line without a line feed counts.
 * @param lines at least 1
 * @param maxBytes how far back to look; what is older is left out
 * @param stream to count the lines of one stream only
 */
export async function offsetOfLastLines(
  db: Queryable,
  executionId: string,
  lines: number,
  maxBytes: number,
  stream?: OutputFrame['stream'],
): Promise<number> {
  const end = await storedEnd(db, executionId);
  const limit = Math.max(0, end - maxBytes);
  let left = lines;
  let atEnd = true;
  for (let before = end; before > limit;) {
    const rows = await db.query<SegmentRow>(
      `SELECT "offset", content, frame_lengths, frame_flags FROM output_segments
        WHERE execution_id = $1 AND "offset" < $2 ORDER BY "offset" DESC LIMIT $3`,
      [executionId, before, segmentsAtOnce],
    );
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

/** The frames of a segment from the last one on, with where they start; those that follow one another in one stream are one. */
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

/** Frames beyond this are joined, so that a command that writes byte by byte does not make an answer of many megabytes. */
const mostFrames = 2_000;
/** Those of two streams in turn cannot be joined: 256 KiB of them would be 34 MB of JSON, so the earlier ones are left out. */
const mostShownFrames = 10_000;

/**
 * The end of the stored output.
 * @param maxBytes at most this much, from the start of a character on; less when it changes between the streams thousands of times
 * @param lines at most this many lines, too
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

/** A frame from where its next character begins, up to three bytes later. */
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
    const isAlike =
      first?.stream === frame.stream && first.text === frame.text && first.marker === frame.marker;
    if (group && isAlike) group.push(frame);
    else groups.push([frame]);
  }
  return groups.map((group) => ({
    ...group[0]!,
    content: Buffer.concat(group.map(({ content }) => content)),
  }));
}
