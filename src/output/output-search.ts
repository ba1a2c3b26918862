import { Injectable } from '@nestjs/common';
import { backgroundTurn } from '../common/background-turns.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Database } from '../infra/database.js';
import { isFinal } from '../executions/transitions/execution-state.js';
import type { Execution } from '../executions/execution.entity.js';
import { LineSearch } from './line-search.js';
import { storedOutput } from './output-bytes.js';
import { refusePruned } from './output-http.js';
import type { OutputSearch, OutputSearchQuery } from './output-query.js';
import { StoredOutputReader } from './stored-output-reader.js';
import { storedEnd } from './output-tail.js';

/** A request searches no longer than this; the next one continues. */
const timeoutMs = 5_000;
/** The duration of a slice. */
const sliceMs = 4;

/** Searches stored output, a few megabytes at a time. */
@Injectable()
export class OutputSearchService {
  /** Bounds the concurrent searches: each occupies a database connection, and all together a core. */
  private readonly turns = new TurnsPerUser({ perUser: 2, inAll: 6 });

  constructor(
    private readonly database: Database,
    private readonly stored: StoredOutputReader,
  ) {}

  /**
   * Finds the lines of an output that contain a text; the caller must have checked that the client may read it.
   * @param userId the user who searches, or for whose limits the search counts
   * @param signal aborted when the client has disconnected
   * @throws OUTPUT_PRUNED; RATE_LIMIT_EXCEEDED while the user has two searches running, SYSTEM_OVERLOADED while there are too many in all
   */
  async find(
    userId: string,
    execution: Pick<Execution, 'id' | 'status' | 'output_bytes' | 'output_pruned_at'>,
    query: OutputSearchQuery,
    signal: AbortSignal,
  ): Promise<OutputSearch> {
    refusePruned(execution);
    return this.turns.take(userId, () => this.search(userId, execution, query, signal));
  }

  private async search(
    owner: string,
    { id, status, output_bytes }: Pick<Execution, 'id' | 'status' | 'output_bytes'>,
    query: OutputSearchQuery,
    signal: AbortSignal,
  ): Promise<OutputSearch> {
    const end = isFinal(status) ? Number(output_bytes) : await storedEnd(this.database, id);
    const { q, ignore_case, context, limit, ansi, stream, cursor } = query;
    const options = {
      text: q,
      ignoreCase: ignore_case === 'true',
      context,
      limit,
      stripAnsi: ansi === 'strip',
    };
    const search = new LineSearch(options, cursor);
    const deadline = performance.now() + timeoutMs;
    const isOver = () => signal.aborted || performance.now() > deadline;
    let isLate = false;
    for await (const { frame } of storedOutput(this.stored, id, cursor.offset, end, signal, { owner })) {
      search.add(frame.offset, frame.content, stream === undefined || frame.stream === stream);
      if (!search.isReady) continue;
      await inSlices(search.search(false), isOver);
      isLate = isOver();
      if (search.isFull || isLate) break;
    }
    // the last batch is searched even after the deadline, so that every request gets further than the one before
    if (!signal.aborted) await inSlices(search.search(true), () => signal.aborted);
    const complete = !search.isFull && !isLate && !signal.aborted;
    const next = search.cursor();
    return {
      matches: search.matches,
      searched_to: complete ? end : next.offset,
      complete,
      next_cursor: complete ? null : `${next.offset}.${next.line}`,
    };
  }
}

/** Runs the steps of a generator in slices, each in a turn of its own. */
async function inSlices(steps: Generator<void, void>, isOver: () => boolean): Promise<void> {
  await backgroundTurn();
  let begun = performance.now();
  while (!steps.next().done) {
    if (performance.now() - begun < sliceMs) continue;
    await backgroundTurn();
    if (isOver()) return;
    begun = performance.now();
  }
}
