import { Injectable } from '@nestjs/common';
import { longestTimerMs } from '../common/call-at.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Database } from '../infra/database.js';
import { isFinal, type ExecutionStatus } from '../executions/transitions/execution-state.js';
import type { OutputEnd, OutputFrame } from './output-frame.js';
import { readFrames } from './output.queries.js';

/**
 * The most connections of the pool that readers of output use together. Requests and workers need the others, and the results of more
 * reads would keep the event loop busy.
 */
const readsAtOnce = 2;
/** The most segments of one read. */
const segmentsAtOnce = 256;

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
