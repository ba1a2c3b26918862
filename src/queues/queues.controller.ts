import { Body, Controller, Delete, Get, Post, Query } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import {
  clearedSchema,
  clearSchema,
  metricsQuery,
  pauseSchema,
  queueChangeSchema,
  queueMetricsSchema,
  queueStatusSchema,
  resumeSchema,
  type Clear,
  type MetricsPeriod,
  type Pause,
  type Resume,
} from './queues.schema.js';
import { QueuesService } from './queues.service.js';

@Controller('api/queues')
export class QueuesController {
  constructor(private readonly queues: QueuesService) {}

  @Get('status')
  @Endpoint({
    access: 'read',
    summary: 'Show the queues, the workers and their performance',
    description: '`workers` counts slots over all worker processes.',
    response: queueStatusSchema,
  })
  status(@CurrentActor() actor: Actor) {
    return this.queues.status(actor);
  }

  @Get('metrics')
  @Endpoint({
    access: 'read',
    summary: 'Show per queue and hour what came in, what ended, and how long it waited and ran',
    description: 'Counted over the period that ends now.',
    response: queueMetricsSchema,
    errors: ['VALIDATION_ERROR'],
  })
  metrics(
    @CurrentActor() actor: Actor,
    @Query({ schema: metricsQuery }) { period }: { period: MetricsPeriod },
  ) {
    return this.queues.metrics(actor, period);
  }

  @Post('pause')
  @Endpoint({
    access: 'admin',
    summary: 'Let nothing more of a queue start',
    description: 'What runs goes on, and what comes in waits.',
    response: queueChangeSchema,
    errors: ['VALIDATION_ERROR'],
  })
  pause(@CurrentActor() actor: Actor, @Body({ schema: pauseSchema }) body: Pause) {
    return this.queues.pause(actor, body);
  }

  @Post('resume')
  @Endpoint({
    access: 'admin',
    summary: 'Let a paused queue go on',
    description: 'What waits is started in its order.',
    response: queueChangeSchema,
    errors: ['VALIDATION_ERROR'],
  })
  resume(@CurrentActor() actor: Actor, @Body({ schema: resumeSchema }) body: Resume) {
    return this.queues.resume(actor, body.queue_name);
  }

  @Delete('clear')
  @Endpoint({
    access: 'admin',
    waits: true,
    summary: 'Cancel everything that waits in a queue',
    description: 'What runs goes on. Takes `confirm: true`.',
    response: clearedSchema,
    errors: ['VALIDATION_ERROR'],
  })
  clear(@CurrentActor() actor: Actor, @Body({ schema: clearSchema }) body: Clear) {
    return this.queues.clear(actor, body);
  }
}
