import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { Database } from '../infra/database.js';
import { isFinal } from './execution-state.js';
import type { Execution } from './execution.entity.js';
import { LineSearch } from './line-search.js';
import { storedOutput } from './output-bytes.js';
import { refusePruned } from './output-http.js';
import type { OutputSearch, OutputSearchQuery } from './output-query.js';
import { storedEnd } from './output-tail.js';

/** One answer searches no longer than this; the next one goes on. */
const patienceMs = 5_000;
/** So many searches at a time keep a core and a connection each busy. */
const atOnce = 4;

/** Searches what is stored of an output, a few megabytes at a time. */
@Injectable()
export class OutputSearchService {
  private running = 0;

  constructor(private readonly database: Database) {}

  /**
   * Finds the lines of an output that hold a text; the caller has checked that the client may see it.
   * @throws OUTPUT_PRUNED, SYSTEM_OVERLOADED while others search
   */
  async find(
    execution: Pick<Execution, 'id' | 'status' | 'output_bytes' | 'output_pruned_at'>,
    query: OutputSearchQuery,
  ): Promise<OutputSearch> {
    refusePruned(execution);
    if (this.running >= atOnce) throw new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 });
    this.running += 1;
    try {
      return await this.search(execution, query);
    } finally {
      this.running -= 1;
    }
  }

  private async search(
    { id, status, output_bytes }: Pick<Execution, 'id' | 'status' | 'output_bytes'>,
    query: OutputSearchQuery,
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
    const deadline = performance.now() + patienceMs;
    let isLate = false;
    for await (const { frame } of storedOutput(this.database, id, cursor.offset, end, neverAborted)) {
      search.add(frame.offset, frame.content, stream === undefined || frame.stream === stream);
      isLate = performance.now() > deadline;
      if (search.isFull || isLate) break;
    }
    search.finish();
    const complete = !search.isFull && !isLate;
    const next = search.cursor();
    return {
      matches: search.matches,
      searched_to: complete ? end : next.offset,
      complete,
      next_cursor: complete ? null : `${next.offset}.${next.line}`,
    };
  }
}

const neverAborted = new AbortController().signal;
