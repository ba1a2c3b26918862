import { Injectable } from '@nestjs/common';
import type { Unread } from '../request-limits/unread-bytes.js';
import { LiveOutputs } from './live-outputs.js';
import { begunInside, startingAt, type OutputEnd, type OutputFrame } from './output-frame.js';
import { OutputStore } from './output-store.js';

/** How much is read from the store at once: what was read is sent in one go, for which all others wait. */
const bytesAtOnce = 256 * 1024;
/** A gap waits for the store; the recorder says when it is stored, and a lost word costs this much. */
const gapPatienceMs = 200;

export type OutputPiece = { frame: OutputFrame; end?: never } | { end: OutputEnd; frame?: never };

@Injectable()
export class OutputReader {
  constructor(
    private readonly store: OutputStore,
    private readonly outputs: LiveOutputs,
  ) {}

  /**
   * Reads the output of an execution from an offset on: first what is stored, then live, without a gap and without a
   * byte twice, until its end. The reader sets the pace; one that is slow reads from the store instead of holding
   * anything up.
   * @param offset of the first byte; past the total only the end follows
   * @param unread of the connection that it is for: nothing is read, nor kept, while it has no room
   */
  async *read(
    executionId: string,
    offset: number,
    signal: AbortSignal,
    unread: Unread,
  ): AsyncGenerator<OutputPiece, void> {
    const place = { position: offset };
    const live = await this.outputs.follow(executionId, place);
    const abort = () => live.wake();
    signal.addEventListener('abort', abort);
    let isToldToLook = true;
    let hasAsked = false;
    let hints = live.hints;
    let storedTo = 0;
    let room = 0;
    try {
      while (!signal.aborted) {
        const liveBytes = live.at(place.position)?.content.length;
        if (liveBytes !== undefined) {
          room = await unread.take(liveBytes, signal);
          // it may have gone while there was no room
          const frame = signal.aborted ? undefined : live.at(place.position);
          if (frame) {
            yield { frame: startingAt(frame, place.position) };
            place.position = frame.offset + frame.content.length;
          }
          unread.remove(room);
          room = 0;
        } else if (
          isToldToLook ||
          live.hints !== hints ||
          live.storedTo > Math.max(place.position, storedTo)
        ) {
          room = await unread.take(bytesAtOnce, signal);
          if (signal.aborted) return;
          hints = live.hints;
          storedTo = live.storedTo;
          const { frames, end } = await this.store.readWithEnd(
            unread.owner,
            executionId,
            place.position,
            room,
          );
          for (const stored of frames) {
            if (signal.aborted) return;
            yield { frame: begunInside(stored) };
            place.position = stored.offset + stored.content.length;
            // what is left is read again when it can be sent
            if (unread.isFullBeside(room)) break;
          }
          unread.remove(room);
          room = 0;
          isToldToLook = frames.length > 0;
          if (end && frames.length === 0) {
            yield { end };
            return;
          }
          // what was said before this reader came, and is not stored
          if (!hasAsked && frames.length === 0) live.askAgain();
          hasAsked ||= frames.length === 0;
        } else if (live.hasPassed(place.position)) {
          live.askAgain();
          isToldToLook = !(await live.storedMore(gapPatienceMs));
        } else {
          await live.changed();
        }
      }
    } finally {
      unread.remove(room);
      signal.removeEventListener('abort', abort);
      this.outputs.leave(executionId, place);
    }
  }
}
