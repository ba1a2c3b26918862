import type { Queryable } from '../infra/database.js';
import { AnsiStripper } from './ansi-stripper.js';
import { startingAt, type OutputFrame } from './output-frame.js';
import { readFrames } from './output.queries.js';

/** How many segments are read from the store at once; one holds at most 1 MiB. */
const segmentsAtOnce = 4;

/**
 * What is stored of an output.
 * @param start the first byte
 * @param end where to stop: what is added meanwhile is left out
 */
export async function* storedOutput(
  db: Queryable,
  executionId: string,
  start: number,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<{ frame: OutputFrame }, void> {
  let position = start;
  while (position < end && !signal.aborted) {
    const frames = await readFrames(db, executionId, position, segmentsAtOnce);
    if (frames.length === 0) return;
    for (const whole of frames) {
      if (whole.offset >= end) return;
      const frame = startingAt(whole, Math.max(position, whole.offset));
      yield { frame: { ...frame, content: frame.content.subarray(0, end - frame.offset) } };
      position = whole.offset + whole.content.length;
    }
  }
}

/** The bytes of frames, of both streams or of one. */
export async function* rawOutput(
  pieces: AsyncIterable<{ frame?: OutputFrame }>,
  stream: OutputFrame['stream'] | undefined,
): AsyncGenerator<Buffer, void> {
  for await (const { frame } of pieces) {
    if (frame && frame.content.length > 0 && (stream === undefined || frame.stream === stream))
      yield frame.content;
  }
}

/** Frames up to an offset, at which the last one is cut and the source is closed. */
export async function* upTo(
  pieces: AsyncIterable<{ frame?: OutputFrame }>,
  end: number,
): AsyncGenerator<{ frame: OutputFrame }, void> {
  for await (const { frame } of pieces) {
    if (!frame) return;
    const left = end - frame.offset;
    yield {
      frame: left < frame.content.length ? { ...frame, content: frame.content.subarray(0, left) } : frame,
    };
    if (left <= frame.content.length) return;
  }
}

/** Bytes without terminal control sequences. */
export async function* withoutAnsi(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const stripper = new AnsiStripper();
  for await (const bytes of source) {
    const kept = stripper.push(bytes);
    if (kept.length > 0) yield kept;
  }
}
