import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { Database } from '../infra/database.js';
import { isFinal } from './execution-state.js';
import type { Execution } from './execution.entity.js';
import { rawOutput, storedOutput } from './output-bytes.js';
import { OutputReader } from './output-reader.js';
import { serverSentEvents } from './output-sse.js';
import { offsetOfLastLines, storedEnd } from './output-tail.js';

/** How far back `tail` looks. */
const tailBytes = 16 * 1024 * 1024;

/** What one may ask of an output; a route that gives one takes this as its query. */
export const outputQuery = z
  .object({
    from_offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
    tail: z.coerce.number().int().min(1).max(10_000).optional(),
    stream: z.enum(['stdout', 'stderr']).optional(),
    follow: z.enum(['true', 'false']).default('false'),
  })
  .meta({ id: 'OutputQuery' });
export type OutputQuery = z.output<typeof outputQuery>;

/** The words every route that gives an output needs in the OpenAPI document. */
export const outputDescription =
  'Raw bytes as they were written: those stored now, or with `follow=true` until the command ends. `from_offset` starts at a ' +
  'byte, `tail` at the last lines (1 to 10000, at most 16 MiB), `stream` leaves one stream. With `Accept: text/event-stream` ' +
  'server-sent events until the end: `data` is a frame as JSON, `id` the offset after it, so `Last-Event-ID` resumes.';

/** Gives the output of an execution over HTTP; the caller has checked that the client may see it. */
@Injectable()
export class OutputHttp implements BeforeApplicationShutdown {
  private readonly open = new Set<AbortController>();

  constructor(
    private readonly database: Database,
    private readonly reader: OutputReader,
  ) {}

  /** Answers a request: raw bytes, or server-sent events if that is what it accepts. */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    execution: Pick<Execution, 'id' | 'status' | 'output_bytes'>,
    query: OutputQuery,
  ): Promise<void> {
    const { id, status } = execution;
    const start = await this.startOf(request, id, query);
    const signal = this.closing(reply);
    void reply.header('Cache-Control', 'no-store, no-transform');
    if (wantsEvents(request)) {
      const events = serverSentEvents(id, this.reader.read(id, start, signal), query.stream, signal);
      // proxies such as nginx hold back what they could send
      await reply.header('X-Accel-Buffering', 'no').type('text/event-stream').send(toStream(events));
      return;
    }
    void reply.type('application/octet-stream').header('X-Content-Type-Options', 'nosniff');
    if (query.follow === 'true' && !isFinal(status)) {
      await reply.send(toStream(rawOutput(this.reader.read(id, start, signal), query.stream)));
      return;
    }
    const end = isFinal(status) ? Number(execution.output_bytes) : await storedEnd(this.database, id);
    if (isFinal(status) && query.stream === undefined)
      void reply.header('Content-Length', Math.max(0, end - start));
    await reply.send(toStream(rawOutput(storedOutput(this.database, id, start, end, signal), query.stream)));
  }

  /** Streams do not end by themselves, and the server waits for its connections. */
  beforeApplicationShutdown(): void {
    for (const controller of this.open) controller.abort();
  }

  private async startOf(request: FastifyRequest, id: string, query: OutputQuery): Promise<number> {
    const last = request.headers['last-event-id'];
    if (wantsEvents(request) && typeof last === 'string' && /^\d{1,15}$/.test(last)) return Number(last);
    if (query.tail === undefined) return query.from_offset;
    return Math.max(
      query.from_offset,
      await offsetOfLastLines(this.database, id, query.tail, tailBytes, query.stream),
    );
  }

  /** Aborted when the client goes or the server stops. */
  private closing(reply: FastifyReply): AbortSignal {
    const controller = new AbortController();
    this.open.add(controller);
    controller.signal.addEventListener('abort', () => this.open.delete(controller));
    reply.raw.once('close', () => controller.abort());
    return controller.signal;
  }
}

function wantsEvents({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/event-stream') ?? false;
}

/** A stream that asks for more only when the client has taken what it was sent. */
function toStream(source: AsyncIterable<Buffer | string>): Readable {
  return Readable.from(source, { objectMode: false, highWaterMark: 64 * 1024 });
}
