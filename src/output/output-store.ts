import { Injectable } from '@nestjs/common';
import { longestTimerMs } from '../common/limits.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Database } from '../infra/database.js';
import { isFinal, type ExecutionStatus } from '../executions/execution-state.js';
import type { OutputEnd, OutputFrame } from './output-frame.js';
import { readFrames } from './output.queries.js';

/**
 * Readers of output have so many connections of the pool between them. Requests and workers need the others, and more of them would
 * keep the event loop busy with what they bring.
 */
const readsAtOnce = 2;
/** How many segments are read at once. */
const segmentsAtOnce = 256;

/** Reads stored output for those who follow or download it. They wait for their turns, which go round by user. */
@Injectable()
export class OutputStore {
  private readonly turns = new TurnsPerUser(
    { perUser: readsAtOnce, inAll: readsAtOnce },
    // one that waits holds no output, and their number is bounded by that of the connections
    { perUser: Infinity, inAll: Infinity, patienceMs: longestTimerMs },
  );

  constructor(private readonly database: Database) {}

  /**
   * The stored frames from an offset on, without a gap; the first may begin inside a character.
   * @param owner whose reading it is
   * @param bytes how much is read at most
   */
  read(owner: string, executionId: string, offset: number, bytes: number): Promise<OutputFrame[]> {
    return this.turns.take(owner, () =>
      readFrames(this.database, executionId, offset, segmentsAtOnce, bytes),
    );
  }

  /** The same, and the end of an execution that has one. */
  readWithEnd(
    owner: string,
    executionId: string,
    offset: number,
    bytes: number,
  ): Promise<{ frames: OutputFrame[]; end: OutputEnd | undefined }> {
    return this.turns.take(owner, async () => {
      // asked before the frames: what is final then is all stored
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
