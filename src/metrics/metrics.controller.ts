import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { MetricsService } from './metrics.service.js';

@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Get()
  @Endpoint({
    access: 'admin',
    summary: 'Show the metrics of this process for Prometheus',
    description:
      'Returns metrics in the text format of Prometheus. Requires the bearer token of `METRICS_TOKEN`, or the access token of an administrator.',
    machineToken: 'METRICS_TOKEN',
    raw: { 'text/plain': { schema: { type: 'string' }, example: 'millrace_bus_up 1\n' } },
  })
  read(@Res({ passthrough: true }) reply: FastifyReply) {
    void reply.type(this.metrics.contentType);
    return this.metrics.exposition();
  }
}
