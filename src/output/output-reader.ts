import { Injectable } from '@nestjs/common';
import type { Unread } from '../request-limits/unread-bytes.js';
import { LiveOutputs } from './live-outputs.js';
import { markedIfCut, startingAt, type OutputEnd, type OutputFrame } from './output-frame.js';
import { StoredOutputReader } from './stored-output-reader.js';

/** The most bytes of one read from the store. They are sent without a pause, during which other requests wait. */
const bytesAtOnce = 256 * 1024;
/** How long a reader waits for the message that missing output is stored, before it reads the store anyway. */
const gapTimeoutMs = 200;

export type OutputPiece = { frame: OutputFrame; end?: never } | { end: OutputEnd; frame?: never };

@Injectable()
export class OutputReader {
  constructor(
    private readonly stored: StoredOutputReader,
    private readonly outputs: LiveOutputs,
  ) {}

  /**
   * Reads the output of an execution from an offset to its end, first from the store and then live, without gaps or duplicates. The
   * consumer sets the pace: a slow one reads from the store and delays neither the command nor other readers.
   * @param offset the offset of the first byte; beyond the total, only the end is yielded
   * @param unread the account of bytes that the client has not read yet; nothing is read or held while it has no room
   */
  async *read(
    executionId: string,
    offset: number,
    signal: AbortSignal,
    unread: Unread,
  ): AsyncGenerator<OutputPiece, void> {
    const cursor = { position: offset };
    const live = await this.outputs.follow(executionId, cursor);
    const abort = () => live.wake();
    signal.addEventListener('abort', abort);
    let shouldReadStore = true;
    let hasRequestedResend = false;
    let storeReadRequests = live.storeReadRequests;
    let storedTo = 0;
    let room = 0;
    try {
      while (!signal.aborted) {
        const liveBytes = live.at(cursor.position)?.content.length;
        if (liveBytes !== undefined) {
          room = await unread.take(liveBytes, signal);
          // the frame may have left the window while the client had no room
          const frame = signal.aborted ? undefined : live.at(cursor.position);
          if (frame) {
            yield { frame: startingAt(frame, cursor.position) };
            cursor.position = frame.offset + frame.content.length;
          }
          unread.remove(room);
          room = 0;
        } else if (
          shouldReadStore ||
          live.storeReadRequests !== storeReadRequests ||
          live.storedTo > Math.max(cursor.position, storedTo)
        ) {
          room = await unread.take(bytesAtOnce, signal);
          if (signal.aborted) return;
          storeReadRequests = live.storeReadRequests;
          storedTo = live.storedTo;
          const { frames, end } = await this.stored.readWithEnd(
            unread.owner,
            executionId,
            cursor.position,
            room,
          );
          for (const stored of frames) {
            if (signal.aborted) return;
            yield { frame: markedIfCut(stored) };
            cursor.position = stored.offset + stored.content.length;
            // the remaining frames are read again when the client has room for them
            if (unread.isFullBeside(room)) break;
          }
          unread.remove(room);
          room = 0;
          shouldReadStore = frames.length > 0;
          if (end && frames.length === 0) {
            yield { end };
            return;
          }
          // frames that were sent before this reader subscribed may not be stored yet
          if (!hasRequestedResend && frames.length === 0) live.requestResend();
          hasRequestedResend ||= frames.length === 0;
        } else if (live.hasPassed(cursor.position)) {
          live.requestResend();
          shouldReadStore = !(await live.storedMore(gapTimeoutMs));
        } else {
          await live.changed();
        }
      }
    } finally {
      unread.remove(room);
      signal.removeEventListener('abort', abort);
      this.outputs.leave(executionId, cursor);
    }
  }
}
