import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { version } from '../common/version.js';
import { detailedHealthSchema, healthSchema, livenessSchema, readinessSchema } from './health.schema.js';
import { HealthService } from './health.service.js';
import { ReadinessService } from './readiness.js';

@Controller('api/health')
export class HealthController {
  constructor(
    private readonly health: HealthService,
    private readonly readiness: ReadinessService,
  ) {}

  @Get('live')
  @Endpoint({
    access: 'public',
    summary: 'Check that this process is alive',
    description: 'Checks no other part. Restart a process that does not respond to this.',
    response: livenessSchema,
  })
  live() {
    return { status: 'alive', timestamp: new Date().toISOString() };
  }

  @Get('ready')
  @Endpoint({
    access: 'public',
    summary: 'Check whether this process is ready for requests',
    description:
      'Responds with 503 and the reasons while the database, its migrations, Redis or the bus (in distributed mode) fail, and after SIGTERM.',
    response: readinessSchema,
    alternatives: { 503: readinessSchema },
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const readiness = await this.readiness.check();
    if (readiness.status !== 'ready') void reply.status(503);
    return readiness;
  }

  @Get()
  @Endpoint({
    access: 'public',
    summary: 'Check the health of this process',
    description: 'Responds with 503 and status `unhealthy` while the database is unreachable.',
    response: healthSchema,
    alternatives: { 503: healthSchema },
  })
  async get(@Res({ passthrough: true }) reply: FastifyReply) {
    const healthy = (await this.health.databaseResponseTime()) !== null;
    if (!healthy) void reply.status(503);
    return {
      status: healthy ? 'healthy' : 'unhealthy',
      timestamp: new Date().toISOString(),
      uptime: Number(process.uptime().toFixed(3)),
      version,
    };
  }

  @Get('detailed')
  @Endpoint({
    access: 'public',
    summary: 'Check every part in detail',
    description:
      'Returns figures of the database, Redis, sockets and the requests of the last minute. Responds with 503 while a required part is unreachable.',
    response: detailedHealthSchema,
    alternatives: { 503: detailedHealthSchema },
  })
  async detailed(@Res({ passthrough: true }) reply: FastifyReply) {
    const health = await this.health.detailed();
    if (health.status === 'unhealthy') void reply.status(503);
    return health;
  }
}
