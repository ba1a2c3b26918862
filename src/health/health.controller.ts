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
    summary: 'Say that this process is up',
    description: 'Asks nothing else: restart a process that does not answer this.',
    response: livenessSchema,
  })
  live() {
    return { status: 'alive', timestamp: new Date().toISOString() };
  }

  @Get('ready')
  @Endpoint({
    access: 'public',
    summary: 'Say whether this process should be sent requests',
    description:
      'Answers 503 with the reasons while the database, its migrations, Redis or the bus (in distributed mode) fail, and from SIGTERM on.',
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
    summary: 'Say whether this process can do its work',
    description: 'Answers 503 with status `unhealthy` while the database does not answer.',
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
    summary: 'Measure every part',
    description:
      'Database, Redis and sockets, each with its own figures, and what the requests of the last minute were like. Answers 503 while a part that is needed does not answer.',
    response: detailedHealthSchema,
    alternatives: { 503: detailedHealthSchema },
  })
  async detailed(@Res({ passthrough: true }) reply: FastifyReply) {
    const health = await this.health.detailed();
    if (health.status === 'unhealthy') void reply.status(503);
    return health;
  }
}
