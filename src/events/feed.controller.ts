import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { Endpoint } from '../http/endpoint.js';
import { closedSignal } from '../http/on-closed.js';
import type { ActorRequest } from '../http/request.js';
import { feedMedia, feedQuery, type FeedQuery } from './feed.schema.js';
import { FeedService } from './feed.service.js';

@Controller('api/events')
export class FeedController {
  constructor(private readonly feed: FeedService) {}

  @Get()
  @Endpoint({
    access: 'read',
    waits: true,
    summary: 'Follow who does what',
    description:
      'Server-sent events, one for each change in the projects that you may see, or in one of them; administrators hear of everything. The `id` is the `sequence` of the activity, so `Last-Event-ID` resumes without a gap. A comment comes every 15 s. The stream ends with the right to it, with an event `error`.',
    raw: feedMedia,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  async follow(
    @Req() request: ActorRequest,
    @Query({ schema: feedQuery }) query: FeedQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const after = /^\d{1,15}$/.exec(String(request.headers['last-event-id'] ?? ''))?.[0];
    const events = await this.feed.open(
      request.user!,
      query,
      after === undefined ? undefined : Number(after),
      closedSignal(reply.raw),
      () => reply.raw.destroy(),
    );
    await reply
      .headers({
        'Cache-Control': 'no-store, no-transform',
        // turns off the response buffering of proxies such as nginx
        'X-Accel-Buffering': 'no',
      })
      .type('text/event-stream')
      .send(Readable.from(events, { objectMode: false, highWaterMark: 64 * 1024 }));
  }
}
