import { Unread } from '../request-limits/unread-bytes.js';
import { AnsiStripper } from './ansi-stripper.js';
import { markedIfCut, type OutputFrame } from './output-frame.js';
import type { StoredOutputReader } from './stored-output-reader.js';

/** The most bytes of one read from the store. */
const bytesAtOnce = 4 * 1024 * 1024;

/** The reader of stored output: the owner whose turns it takes or, for a client, the account of the bytes that it has not read yet. */
export type StoreReader = Unread | { owner: string };

/**
 * Reads the stored output of an execution.
 * @param start the offset of the first byte
 * @param end the offset at which to stop, so that output that is added meanwhile is left out
 */
export async function* storedOutput(
  stored: StoredOutputReader,
  executionId: string,
  start: number,
  end: number,
  signal: AbortSignal,
  reader: StoreReader,
): AsyncGenerator<{ frame: OutputFrame }, void> {
  const unread = reader instanceof Unread ? reader : undefined;
  let position = start;
  while (position < end && !signal.aborted) {
    const most = Math.min(bytesAtOnce, end - position);
    const room = unread ? await unread.take(most, signal) : most;
    try {
      if (signal.aborted) return;
      const frames = await stored.read(reader.owner, executionId, position, room);
      if (frames.length === 0) return;
      for (const frame of frames) {
        yield { frame: markedIfCut(frame) };
        position = frame.offset + frame.content.length;
      }
    } finally {
      unread?.remove(room);
    }
  }
}

/** Yields the bytes of frames, of both streams or of one. */
export async function* rawOutput(
  pieces: AsyncIterable<{ frame?: OutputFrame }>,
  stream: OutputFrame['stream'] | undefined,
): AsyncGenerator<Buffer, void> {
  for await (const { frame } of pieces) {
    if (frame && frame.content.length > 0 && (stream === undefined || frame.stream === stream))
      yield frame.content;
  }
}

/** Yields the frames up to an offset, at which the last one is cut and the source is closed. */
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

/** Yields the bytes without terminal control sequences. */
export async function* withoutAnsi(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const stripper = new AnsiStripper();
  for await (const bytes of source) {
    const kept = stripper.push(bytes);
    if (kept.length > 0) yield kept;
  }
}
