import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { onClosed } from '../http/on-closed.js';
import type { ActorRequest } from '../http/request.js';
import { stalledMs } from '../request-limits/unread-answers.js';
import { UnreadBytes, type Unread } from '../request-limits/unread-bytes.js';
import { networkOf } from '../common/network.js';
import { ConnectionCounts, connectionsPerUser } from '../infra/connection-counts.js';
import { Database } from '../infra/database.js';
import { isFinal } from '../executions/execution-state.js';
import type { Execution } from '../executions/execution.entity.js';
import { rawOutput, storedOutput, upTo, withoutAnsi } from './output-bytes.js';
import type { OutputQuery } from './output-query.js';
import { parseRange, type ByteRange } from './output-range.js';
import { OutputReader } from './output-reader.js';
import { OutputStore } from './output-store.js';
import { parseLastEventId, serverSentEvents } from './output-sse.js';
import { offsetOfLastLines, storedEnd } from './output-tail.js';
import { OutputWatch } from './output-watch.js';

/** How far back `tail` looks. */
const tailBytes = 16 * 1024 * 1024;

/** How long a reader of events has to take the one that says why they end. */
const farewellMs = 5_000;

type WithOutput = Pick<Execution, 'id' | 'project_id' | 'status' | 'output_bytes' | 'output_pruned_at'>;

/** @throws OUTPUT_PRUNED when the output has been removed */
export function refusePruned({
  output_pruned_at,
  output_bytes,
}: Pick<Execution, 'output_pruned_at' | 'output_bytes'>): void {
  if (output_pruned_at === null) return;
  throw new AppError('OUTPUT_PRUNED', {
    output_pruned_at: toInstant(output_pruned_at),
    output_bytes: Number(output_bytes),
  });
}

/** Gives the output of an execution over HTTP; the caller has checked that the client may see it. */
@Injectable()
export class OutputHttp implements BeforeApplicationShutdown {
  private readonly open = new Set<AbortController>();

  constructor(
    private readonly database: Database,
    private readonly reader: OutputReader,
    private readonly watch: OutputWatch,
    private readonly counts: ConnectionCounts,
    private readonly store: OutputStore,
    private readonly unread: UnreadBytes,
  ) {}

  /**
   * Answers a request: raw bytes, or server-sent events if that is what it accepts.
   * @throws OUTPUT_PRUNED, RANGE_NOT_SATISFIABLE, RATE_LIMIT_EXCEEDED for a stream beyond the connections of a user
   */
  async send(
    request: ActorRequest,
    reply: FastifyReply,
    execution: WithOutput,
    query: OutputQuery,
  ): Promise<void> {
    refusePruned(execution);
    const { id, status } = execution;
    void reply.header('Cache-Control', 'no-store, no-transform');
    if (wantsEvents(request)) {
      const last = parseLastEventId(request.headers['last-event-id']);
      if (last?.isEnd && isFinal(status)) {
        // an EventSource opens every stream that ended again, until it is answered so (WHATWG HTML, 9.2.3)
        await reply.status(204).send();
        return;
      }
      const start = last?.offset ?? (await this.startOf(id, query));
      const signal = await this.watched(request, reply, execution);
      const events = serverSentEvents(
        id,
        this.reader.read(id, start, signal, this.countUnread(request, reply)),
        query.stream,
        signal,
      );
      // proxies such as nginx hold back what they could send
      await reply.header('X-Accel-Buffering', 'no').type('text/event-stream').send(toStream(events));
      return;
    }
    const size = isFinal(status) ? Number(execution.output_bytes) : await storedEnd(this.database, id);
    const range = rangeOf(request, reply, query, isFinal(status), size);
    const start = range?.start ?? (await this.startOf(id, query));
    void reply.type('application/octet-stream').header('X-Content-Type-Options', 'nosniff');
    if (query.download === 'true') {
      void reply.header('Content-Disposition', `attachment; filename="${id}.log"`);
    }
    const isFollowed = query.follow === 'true' && !isFinal(status);
    const end = Math.min(range?.end ?? (isFollowed ? Infinity : size), start + (query.limit ?? Infinity));
    const signal = await this.watched(request, reply, execution);
    // what a client does not read waits in our memory, so it is cut off when it has taken nothing for a while
    if (!isFollowed) reply.raw.setTimeout(stalledMs, () => reply.raw.destroy());
    const isWhole = query.stream === undefined && query.ansi === 'keep';
    if (isWhole && !isFollowed) {
      void reply.header('Content-Length', Math.max(0, end - start));
      if (range === undefined) void reply.header('Accept-Ranges', 'bytes');
    }
    const unread = this.countUnread(request, reply);
    const pieces = isFollowed
      ? upTo(this.reader.read(id, start, signal, unread), end)
      : storedOutput(this.store, id, start, end, signal, unread);
    const bytes = rawOutput(pieces, query.stream);
    await reply.send(toStream(query.ansi === 'strip' ? withoutAnsi(bytes) : bytes));
  }

  /** Streams do not end by themselves, and the server waits for its connections. */
  beforeApplicationShutdown(): void {
    for (const controller of this.open) controller.abort();
  }

  private async startOf(id: string, query: OutputQuery): Promise<number> {
    if (query.tail === undefined) return query.from_offset;
    return Math.max(
      query.from_offset,
      await offsetOfLastLines(this.database, id, query.tail, tailBytes, query.stream),
    );
  }

  /**
   * Aborted, too, when the client may not read the output any more, with the reason. Events end with an `error` that says it; raw
   * bytes have no other way to say that they are not all than a connection that is cut.
   * @throws RATE_LIMIT_EXCEEDED when the user has as many sockets and streams as allowed
   */
  private async watched(
    request: ActorRequest,
    reply: FastifyReply,
    execution: WithOutput,
  ): Promise<AbortSignal> {
    const { user } = request;
    const controller = this.closing(reply);
    const { signal } = controller;
    const end = (why: AppError) => {
      if (!wantsEvents(request)) return reply.raw.destroy();
      controller.abort(why);
      // a client that does not read would never be told
      setTimeout(() => reply.raw.destroy(), farewellMs).unref();
    };
    if (user) await this.count(user.id, signal);
    if (user) await this.watch.follow(user, execution, end, signal);
    return signal;
  }

  private async count(userId: string, signal: AbortSignal): Promise<void> {
    const release = await this.counts.acquire(userId);
    if (!release) {
      throw new AppError(
        'RATE_LIMIT_EXCEEDED',
        { connections: connectionsPerUser },
        { message: 'You have too many connections', retryAfterSeconds: 10 },
      );
    }
    // the client may have gone while we counted
    if (signal.aborted) release();
    else signal.addEventListener('abort', release, { once: true });
  }

  private countUnread(request: ActorRequest, reply: FastifyReply): Unread {
    const unread = this.unread.open(request.user?.id ?? networkOf(request.ip), () => reply.raw.destroy());
    onClosed(reply.raw, () => unread.close());
    return unread;
  }

  /** Aborted when the client goes or the server stops. */
  private closing(reply: FastifyReply): AbortController {
    const controller = new AbortController();
    this.open.add(controller);
    controller.signal.addEventListener('abort', () => this.open.delete(controller));
    onClosed(reply.raw, () => controller.abort());
    return controller;
  }
}

/**
 * The part that a `Range` header asks for, of an output that is answered as it is.
 * @throws RANGE_NOT_SATISFIABLE
 */
function rangeOf(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  query: OutputQuery,
  isOver: boolean,
  size: number,
): ByteRange | undefined {
  const { from_offset, limit, tail, stream, ansi, follow } = query;
  const isPlain = from_offset === 0 && follow === 'false' && ansi === 'keep' && !limit && !tail && !stream;
  // an output has no validator that If-Range could name
  const range = isPlain && !headers['if-range'] ? parseRange(headers.range, size) : undefined;
  if (range === undefined) return undefined;
  if (range === 'unsatisfiable') {
    void reply.header('Content-Range', `bytes */${size}`);
    throw new AppError('RANGE_NOT_SATISFIABLE', { size });
  }
  void reply.status(206);
  void reply.header('Content-Range', `bytes ${range.start}-${range.end - 1}/${isOver ? size : '*'}`);
  return range;
}

function wantsEvents({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/event-stream') ?? false;
}

/** A stream that asks for more only when the client has taken what it was sent. */
function toStream(source: AsyncIterable<Buffer | string>): Readable {
  return Readable.from(source, { objectMode: false, highWaterMark: 64 * 1024 });
}
