import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { accountOf } from '../common/permissions.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { onClosed } from '../http/on-closed.js';
import type { ActorRequest } from '../http/request.js';
import { stalledMs } from '../request-limits/unread-responses.js';
import { UnreadBytes, type Unread } from '../request-limits/unread-bytes.js';
import { networkOf } from '../common/network.js';
import { ConnectionCounts, connectionsPerUser } from '../infra/connection-counts.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { isFinal } from '../executions/transitions/execution-state.js';
import type { Execution } from '../executions/execution.entity.js';
import { rawOutput, storedOutput, upTo, withoutAnsi } from './output-bytes.js';
import type { OutputQuery } from './output-query.js';
import { parseRange, type ByteRange } from './output-range.js';
import { OutputReader } from './output-reader.js';
import { StoredOutputReader } from './stored-output-reader.js';
import { parseLastEventId, serverSentEvents } from './output-sse.js';
import { storedEnd } from './output-tail.js';
import { OutputWatch } from './output-watch.js';

/** How long a client has to read the `error` event that ends its stream, before the connection is destroyed. */
const closeTimeoutMs = 5_000;

type WithOutput = Pick<Execution, 'id' | 'project_id' | 'status' | 'output_bytes' | 'output_pruned_at'>;

/** Refuses to read an output that the retention has removed. @throws OUTPUT_PRUNED */
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

/** Sends the output of an execution over HTTP; the caller must have checked that the client may read it. */
@Injectable()
export class OutputHttp implements BeforeApplicationShutdown {
  private readonly open = new Set<AbortController>();

  constructor(
    private readonly database: Database,
    private readonly reader: OutputReader,
    private readonly watch: OutputWatch,
    private readonly counts: ConnectionCounts,
    private readonly stored: StoredOutputReader,
    private readonly unread: UnreadBytes,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Responds to a request with raw bytes, or with server-sent events if the request accepts these.
   * @throws OUTPUT_PRUNED, RANGE_NOT_SATISFIABLE, VALIDATION_ERROR for what events cannot have, RATE_LIMIT_EXCEEDED for a stream beyond the connections of a user
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
      refuseForEvents(query);
      const last = parseLastEventId(request.headers['last-event-id']);
      if (last?.isEnd && isFinal(status)) {
        // an EventSource reconnects after the end of a stream, until it receives 204 (WHATWG HTML, 9.2.3)
        await reply.status(204).send();
        return;
      }
      const signal = await this.openStream(request, reply, execution);
      const unread = this.trackUnread(request, reply);
      const start = last?.offset ?? (await this.startOf(id, query, unread.owner, signal));
      const events = serverSentEvents(id, this.reader.read(id, start, signal, unread), query.stream, signal);
      // turns off the response buffering of proxies such as nginx
      await reply.header('X-Accel-Buffering', 'no').type('text/event-stream').send(this.toStream(id, events));
      return;
    }
    const size = isFinal(status) ? Number(execution.output_bytes) : await storedEnd(this.database, id);
    const range = rangeOf(request, reply, query, isFinal(status), size);
    const signal = await this.openStream(request, reply, execution);
    const unread = this.trackUnread(request, reply);
    const start = range?.start ?? (await this.startOf(id, query, unread.owner, signal));
    void reply.type('application/octet-stream').header('X-Content-Type-Options', 'nosniff');
    if (query.download === 'true') {
      void reply.header('Content-Disposition', `attachment; filename="${id}.log"`);
    }
    const isFollowed = query.follow === 'true' && !isFinal(status);
    const end = Math.min(range?.end ?? (isFollowed ? Infinity : size), start + (query.limit ?? Infinity));
    // bytes that a client does not read stay in memory, so a client that has read nothing for this time is disconnected
    if (!isFollowed) reply.raw.setTimeout(stalledMs, () => reply.raw.destroy());
    const isWhole = query.stream === undefined && query.ansi === 'keep';
    if (isWhole && !isFollowed) {
      void reply.header('Content-Length', Math.max(0, end - start));
      if (range === undefined) void reply.header('Accept-Ranges', 'bytes');
    }
    const pieces = isFollowed
      ? upTo(this.reader.read(id, start, signal, unread), end)
      : storedOutput(this.stored, id, start, end, signal, unread);
    const bytes = rawOutput(pieces, query.stream);
    await reply.send(this.toStream(id, query.ansi === 'strip' ? withoutAnsi(bytes) : bytes));
  }

  /** Ends all streams, since the server waits for its connections when it shuts down. */
  beforeApplicationShutdown(): void {
    for (const controller of this.open) controller.abort();
  }

  /** Returns the offset of the first byte. It reads in the turns of its owner, after the stream was counted, and ends with the signal. */
  private async startOf(
    id: string,
    { from_offset, tail, stream }: OutputQuery,
    owner: string,
    signal: AbortSignal,
  ): Promise<number> {
    if (tail === undefined) return from_offset;
    const start = await this.stored.offsetOfLastLines(owner, id, tail, stream, signal);
    return Math.max(from_offset, start);
  }

  /**
   * Counts a stream and watches the client's permission to read the output. When the client loses it, server-sent events end with an
   * `error` event; raw bytes can only show that they are incomplete by a connection that is cut.
   * @returns a signal that is aborted when the client disconnects, the server stops, or the client has lost the permission
   * @throws RATE_LIMIT_EXCEEDED when the user has as many sockets and streams as allowed
   */
  private async openStream(
    request: ActorRequest,
    reply: FastifyReply,
    execution: WithOutput,
  ): Promise<AbortSignal> {
    const { user } = request;
    const controller = this.abortOnClose(reply);
    const { signal } = controller;
    const end = (why: AppError) => {
      if (!wantsEvents(request)) return reply.raw.destroy();
      controller.abort(why);
      // a client that does not read would keep the connection open
      setTimeout(() => reply.raw.destroy(), closeTimeoutMs).unref();
    };
    if (user) await this.count(accountOf(user), signal);
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
    // the client may have disconnected while the connections were counted
    if (signal.aborted) release();
    else signal.addEventListener('abort', release, { once: true });
  }

  /** Converts output to a stream. The headers are sent before it fails, so that the client sees no more than the end of the connection. */
  private toStream(executionId: string, source: AsyncIterable<Buffer | string>): Readable {
    const stream = Readable.from(source, { objectMode: false, highWaterMark: 64 * 1024 });
    return stream.on('error', (error) =>
      this.infrastructure.logger.warn({ err: error, execution_id: executionId }, 'output could not be sent'),
    );
  }

  private trackUnread(request: ActorRequest, reply: FastifyReply): Unread {
    const unread = this.unread.open(request.user ? accountOf(request.user) : networkOf(request.ip), () =>
      reply.raw.destroy(),
    );
    onClosed(reply.raw, () => unread.close());
    return unread;
  }

  /** Creates a controller that aborts when the client disconnects or the server stops. */
  private abortOnClose(reply: FastifyReply): AbortController {
    const controller = new AbortController();
    this.open.add(controller);
    controller.signal.addEventListener('abort', () => this.open.delete(controller));
    onClosed(reply.raw, () => controller.abort());
    return controller;
  }
}

/**
 * Resolves the `Range` header of a request for the unmodified output, and sets the headers of a partial response.
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
  // an output has no ETag or date, so If-Range never matches and the whole output is sent
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

/** Refuses what only raw bytes can have: events carry whole frames, whose offsets a client needs to go on. @throws VALIDATION_ERROR */
function refuseForEvents({ limit, ansi }: OutputQuery): void {
  const field = limit === undefined ? (ansi === 'strip' ? 'ansi' : undefined) : 'limit';
  if (field !== undefined)
    throw new AppError('VALIDATION_ERROR', { field, issue: 'Server-sent events do not have this' });
}

function wantsEvents({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/event-stream') ?? false;
}

/** Creates a stream that reads on from its source only when the client has read what was sent. */
