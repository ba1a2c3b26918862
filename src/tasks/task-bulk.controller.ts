import { Body, Controller, Post } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import {
  bulkResultSchema,
  bulkSchema,
  changePrioritySchema,
  priorityChangedSchema,
  type Bulk,
  type ChangePriority,
} from './task-bulk.schema.js';
import { TaskBulkService } from './task-bulk.service.js';

@Controller('api')
export class TaskBulkController {
  constructor(private readonly service: TaskBulkService) {}

  @Post('tasks/bulk')
  @Endpoint({
    access: 'write',
    summary: 'Apply one change to many tasks',
    description:
      'The tasks are changed independently of each other; `errors` has the reason for each of `failed`.',
    response: bulkResultSchema,
    errors: ['VALIDATION_ERROR'],
    body: 'large',
  })
  bulk(@CurrentActor() actor: Actor, @Body({ schema: bulkSchema }) body: Bulk) {
    return this.service.run(actor, body);
  }

  @Post('queues/priority')
  @Endpoint({
    access: 'execute',
    summary: 'Move queued tasks to another queue',
    description:
      'The tasks are moved independently of each other; `errors` has the reason for each of `failed`.',
    response: priorityChangedSchema,
    errors: ['VALIDATION_ERROR'],
  })
  changePriority(@CurrentActor() actor: Actor, @Body({ schema: changePrioritySchema }) body: ChangePriority) {
    return this.service.changePriority(actor, body);
  }
}
