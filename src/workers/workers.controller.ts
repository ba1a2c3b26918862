import { Controller, Get, Param, Post } from '@nestjs/common';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor } from '../http/request.js';
import { workerSchema, workersSchema } from './workers.schema.js';
import { WorkersService } from './workers.service.js';

@Controller('api/workers')
export class WorkersController {
  constructor(private readonly workers: WorkersService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List the workers with their labels and slots',
    description:
      'Those that live, the oldest first. One whose heartbeat has stopped for the time of a lease is lost and not listed any more. The name of the host, and the label with it, are for administrators only.',
    response: workersSchema,
  })
  list(@CurrentActor() actor: Actor) {
    return this.workers.list(actor);
  }

  @Post(':worker_id/drain')
  @Endpoint({
    access: 'admin',
    summary: 'Drain a worker: it finishes what it runs and takes nothing new',
    description:
      'It stays drained until it is resumed or its process ends. Draining a drained worker changes nothing.',
    response: workerSchema,
    errors: ['RESOURCE_NOT_FOUND'],
  })
  drain(@CurrentActor() actor: Actor, @Param('worker_id', { schema: id }) workerId: string) {
    return this.workers.setDraining(actor, workerId, true);
  }

  @Post(':worker_id/resume')
  @Endpoint({
    access: 'admin',
    summary: 'Let a drained worker take runs again',
    description: 'Resuming a worker that is not drained changes nothing.',
    response: workerSchema,
    errors: ['RESOURCE_NOT_FOUND'],
  })
  resume(@CurrentActor() actor: Actor, @Param('worker_id', { schema: id }) workerId: string) {
    return this.workers.setDraining(actor, workerId, false);
  }
}
