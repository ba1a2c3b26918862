import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database.js';
import { isFinal, type ExecutionStatus } from './execution-state.js';
import { LiveOutputs } from './live-outputs.js';
import { startingAt, type OutputEnd, type OutputFrame } from './output-frame.js';
import { readFrames } from './output.queries.js';

/** How many segments are read from the store at once; the recorder writes at most 1 MiB a segment. */
const segmentsAtOnce = 4;
/** A gap waits for the store; the recorder says when it is stored, and a lost word costs this much. */
const gapPatienceMs = 200;

export type OutputPiece = { frame: OutputFrame; end?: never } | { end: OutputEnd; frame?: never };

@Injectable()
export class OutputReader {
  constructor(
    private readonly database: Database,
    private readonly outputs: LiveOutputs,
  ) {}

  /**
   * Reads the output of an execution from an offset on: first what is stored, then live, without a gap and without a
   * byte twice, until its end. The reader sets the pace; one that is slow reads from the store instead of holding
   * anything up.
   * @param offset of the first byte; past the total only the end follows
   */
  async *read(executionId: string, offset: number, signal: AbortSignal): AsyncGenerator<OutputPiece, void> {
    const place = { position: offset };
    const live = await this.outputs.follow(executionId, place);
    const abort = () => live.wake();
    signal.addEventListener('abort', abort);
    let isToldToLook = true;
    let hasAsked = false;
    let hints = live.hints;
    let storedTo = 0;
    try {
      while (!signal.aborted) {
        const frame = live.at(place.position);
        if (frame) {
          yield { frame: startingAt(frame, place.position) };
          place.position = frame.offset + frame.content.length;
          continue;
        }
        if (isToldToLook || live.hints !== hints || live.storedTo > Math.max(place.position, storedTo)) {
          hints = live.hints;
          storedTo = live.storedTo;
          // asked before the frames: what is final then is all stored
          const end = await this.endOf(executionId);
          const frames = end?.pruned
            ? []
            : await readFrames(this.database, executionId, place.position, segmentsAtOnce);
          for (const stored of frames) {
            if (signal.aborted) return;
            yield { frame: startingAt(stored, place.position) };
            place.position = stored.offset + stored.content.length;
          }
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
      signal.removeEventListener('abort', abort);
      this.outputs.leave(executionId, place);
    }
  }

  /** The end of an execution that has one. Asked before the frames: what is final then is all stored. */
  private async endOf(executionId: string): Promise<OutputEnd | undefined> {
    const [row] = await this.database.query<{
      status: ExecutionStatus;
      output_bytes: string;
      exit_code: number | null;
      pruned: boolean;
      finished_at: Date | null;
    }>(
      `SELECT status, output_bytes, exit_code, output_pruned_at IS NOT NULL AS pruned, finished_at
         FROM executions WHERE id = $1`,
      [executionId],
    );
    if (row && !isFinal(row.status)) return undefined;
    const { output_bytes = '0', exit_code: exitCode = null, pruned = false, finished_at } = row ?? {};
    return { total: Number(output_bytes), exitCode, pruned, at: finished_at ?? new Date() };
  }
}
