import { Injectable } from '@nestjs/common';
import { Bus } from '../infra/bus.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { isFinal, type ExecutionStatus } from './execution-state.js';
import { LiveBuffer } from './live-buffer.js';
import {
  decodeMessage,
  outputChannel,
  startingAt,
  type OutputEnd,
  type OutputFrame,
} from './output-frame.js';
import { readFrames } from './output.queries.js';

/** What a slow reader may have waiting here. */
const maxBufferedBytes = 2 * 1024 * 1024;
/** How many segments are read from the store at once; the recorder writes at most 1 MiB a segment. */
const segmentsAtOnce = 4;
/** A gap waits for the store; the recorder says when it is stored, and a lost word costs this much. */
const gapPatienceMs = 200;
/** A lost word about the end costs this much. */
const idlePatienceMs = 10_000;

export type OutputPiece = { frame: OutputFrame; end?: never } | { end: OutputEnd; frame?: never };

@Injectable()
export class OutputReader {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly events: Events,
  ) {}

  /**
   * Reads the output of an execution from an offset on: first what is stored, then live, without a gap and without a
   * byte twice, until its end. The reader sets the pace; one that is slow reads from the store instead of holding
   * anything up.
   * @param offset of the first byte; past the total only the end follows
   */
  async *read(executionId: string, offset: number, signal: AbortSignal): AsyncGenerator<OutputPiece, void> {
    const live = new LiveBuffer(maxBufferedBytes);
    const releases = await this.listen(executionId, live);
    const abort = () => live.wake();
    signal.addEventListener('abort', abort);
    let position = offset;
    try {
      while (!signal.aborted) {
        if (live.behind) {
          live.behind = false;
          const ended = await this.endOf(executionId);
          const frames = ended?.pruned
            ? []
            : await readFrames(this.database, executionId, position, segmentsAtOnce);
          for (const frame of frames) {
            if (signal.aborted) return;
            yield { frame: startingAt(frame, position) };
            position = frame.offset + frame.content.length;
          }
          if (frames.length > 0) {
            live.behind = true;
          } else if (ended) {
            yield { end: ended };
            return;
          }
          continue;
        }
        const frame = live.peek();
        if (!frame) {
          await live.wait(idlePatienceMs);
          if (!live.peek()) live.behind = true;
        } else if (frame.offset + frame.content.length <= position) {
          live.take();
        } else if (frame.offset <= position) {
          live.take();
          yield { frame: startingAt(frame, position) };
          position = frame.offset + frame.content.length;
        } else {
          await live.wait(gapPatienceMs, true);
          live.behind = true;
        }
      }
    } finally {
      signal.removeEventListener('abort', abort);
      for (const release of releases) release();
    }
  }

  private async listen(executionId: string, live: LiveBuffer): Promise<(() => void)[]> {
    const stopMessages = await this.bus.subscribe(outputChannel(executionId), (bytes) => {
      const message = decodeMessage(bytes);
      if ('frame' in message) live.push(message.frame);
      else live.wake();
    });
    const stopChanges = this.events.on('execution.changed', ({ execution_id, status }) => {
      if (execution_id === executionId && isFinal(status)) live.lookBehind();
    });
    const stopInterruptions = this.bus.onInterrupted(() => live.lookBehind());
    return [stopMessages, stopChanges, stopInterruptions];
  }

  /** The end of an execution that has one. Asked before the frames: what is final then is all stored. */
  private async endOf(executionId: string): Promise<OutputEnd | undefined> {
    const [row] = await this.database.query<{
      status: ExecutionStatus;
      output_bytes: string;
      exit_code: number | null;
      pruned: boolean;
    }>(
      `SELECT status, output_bytes, exit_code, output_pruned_at IS NOT NULL AS pruned
         FROM executions WHERE id = $1`,
      [executionId],
    );
    if (row && !isFinal(row.status)) return undefined;
    const { output_bytes = '0', exit_code: exitCode = null, pruned = false } = row ?? {};
    return { total: Number(output_bytes), exitCode, pruned };
  }
}
