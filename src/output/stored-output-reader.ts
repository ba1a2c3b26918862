import { Injectable } from '@nestjs/common';
import { longestTimerMs } from '../common/call-at.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Database } from '../infra/database.js';
import { isFinal, type ExecutionStatus } from '../executions/transitions/execution-state.js';
import { AppError } from '../common/errors.js';
import type { OutputEnd, OutputFrame } from './output-frame.js';
import { readFrames } from './output.queries.js';
import { offsetOfLastLines } from './output-tail.js';

/**
 * The most connections of the pool that readers of output use together. Requests and workers need the others, and the results of more
 * reads would keep the event loop busy.
 */
const readsAtOnce = 2;
/** The most segments of one read. */
const segmentsAtOnce = 256;

/** The most bytes from the end in which the last lines are looked for. */
const tailBytes = 16 * 1024 * 1024;

/** Reads stored output for clients that follow, download or search it. Reads wait in a queue in which users take turns. */
@Injectable()
export class StoredOutputReader {
  private readonly turns = new TurnsPerUser(
    { perUser: readsAtOnce, inAll: readsAtOnce },
    // the queue needs no bound: a waiting read holds no output, and the number of connections bounds that of the reads
    { perUser: Infinity, inAll: Infinity, timeoutMs: longestTimerMs },
  );

  constructor(private readonly database: Database) {}

  /**
   * Reads the stored frames from an offset on, up to the first gap; the first frame may begin inside a character.
   * @param owner the user, or the network address, whose turn the read takes
   * @param bytes the most bytes to read
   */
  read(owner: string, executionId: string, offset: number, bytes: number): Promise<OutputFrame[]> {
    return this.turns.take(owner, () =>
      readFrames(this.database, executionId, offset, segmentsAtOnce, bytes),
    );
  }

  /** Reads the stored frames from an offset on, as `read` does, and the end of the output if the execution has ended. */
  readWithEnd(
    owner: string,
    executionId: string,
    offset: number,
    bytes: number,
  ): Promise<{ frames: OutputFrame[]; end: OutputEnd | undefined }> {
    return this.turns.take(owner, async () => {
      // the end is read before the frames, since all output is stored when the execution has ended
      const end = await this.endOf(executionId);
      if (end?.pruned) return { frames: [], end };
      return { frames: await readFrames(this.database, executionId, offset, segmentsAtOnce, bytes), end };
    });
  }

  /**
   * Finds the offset at which the last lines begin, as `offsetOfLastLines` does, within the last 16 MiB. Each MiB is a turn of its own.
   * @throws SYSTEM_OVERLOADED, or the reason of the signal, when it is aborted
   */
  offsetOfLastLines(
    owner: string,
    executionId: string,
    lines: number,
    stream: OutputFrame['stream'] | undefined,
    signal: AbortSignal,
  ): Promise<number> {
    const inTurn = <T>(read: () => Promise<T>) =>
      this.turns.take(
        owner,
        () => {
          if (signal.aborted) throw endedBy(signal);
          return read();
        },
        signal,
      );
    return offsetOfLastLines(this.database, executionId, lines, tailBytes, stream, inTurn);
  }

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

function endedBy({ reason }: AbortSignal): AppError {
  return reason instanceof AppError
    ? reason
    : new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 });
}
