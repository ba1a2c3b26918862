import { Controller, Get, Param } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import { executionSchema, toExecution } from './executions.schema.js';
import { ExecutionsService } from './executions.service.js';

@Controller('api/executions')
export class ExecutionsController {
  constructor(private readonly executions: ExecutionsService) {}

  @Get(':execution_id')
  @Endpoint({
    access: 'read',
    summary: 'Show one attempt to run a command',
    description:
      'Returns an execution of a task or of a single command: state, times, exit code and the reason why it waits.',
    response: executionSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  async get(@CurrentActor() actor: Actor, @Param('execution_id', { schema: id }) executionId: string) {
    return toExecution(await this.executions.require(actor, executionId, 'read'));
  }
}
