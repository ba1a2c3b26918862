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
import { QueueMetricsService } from './queue-metrics.service.js';
import { QueuesService } from './queues.service.js';

@Controller('api/queues')
export class QueuesController {
  constructor(
    private readonly queues: QueuesService,
    private readonly queueMetrics: QueueMetricsService,
  ) {}

  @Get('status')
  @Endpoint({
    access: 'read',
    summary: 'Show the queues, the workers and their performance',
    description: 'Returns the state of each queue; `workers` counts the slots of all worker processes.',
    response: queueStatusSchema,
  })
  status(@CurrentActor() actor: Actor) {
    return this.queues.status(actor);
  }

  @Get('metrics')
  @Endpoint({
    access: 'read',
    summary: 'Show the metrics of each queue by hour: arrivals, ends, waiting times and run times',
    description:
      'Returns figures for a period that ends now; they are up to a second old. An execution counts as enqueued in the queue in which it was at first, and as ended in the hour of its end. The figures of an hour stay when its executions are deleted.',
    response: queueMetricsSchema,
    errors: ['VALIDATION_ERROR'],
  })
  metrics(@Query({ schema: metricsQuery }) { period }: { period: MetricsPeriod }) {
    return this.queueMetrics.of(period);
  }

  @Post('pause')
  @Endpoint({
    access: 'admin',
    summary: 'Pause a queue',
    description: 'Running executions continue, and new ones wait.',
    response: queueChangeSchema,
    errors: ['VALIDATION_ERROR'],
  })
  pause(@CurrentActor() actor: Actor, @Body({ schema: pauseSchema }) body: Pause) {
    return this.queues.pause(actor, body);
  }

  @Post('resume')
  @Endpoint({
    access: 'admin',
    summary: 'Resume a paused queue',
    description: 'Waiting executions start in their order.',
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
    summary: 'Cancel all waiting executions of a queue',
    description: 'Running executions continue. Requires `confirm: true`.',
    response: clearedSchema,
    errors: ['VALIDATION_ERROR'],
  })
  clear(@CurrentActor() actor: Actor, @Body({ schema: clearSchema }) body: Clear) {
    return this.queues.clear(actor, body);
  }
}
