import { Unread } from '../request-limits/unread-bytes.js';
import { AnsiStripper } from './ansi-stripper.js';
import { begunInside, type OutputFrame } from './output-frame.js';
import type { OutputStore } from './output-store.js';

/** How much is read from the store at once. */
const bytesAtOnce = 4 * 1024 * 1024;

/** Who reads: whose turns it takes and, when what was read waits for a client, where that counts until it is taken. */
export type StoreReader = Unread | { owner: string };

/**
 * What is stored of an output.
 * @param start the first byte
 * @param end where to stop: what is added meanwhile is left out
 */
export async function* storedOutput(
  store: OutputStore,
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
      const frames = await store.read(reader.owner, executionId, position, room);
      if (frames.length === 0) return;
      for (const frame of frames) {
        yield { frame: begunInside(frame) };
        position = frame.offset + frame.content.length;
      }
    } finally {
      unread?.remove(room);
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
