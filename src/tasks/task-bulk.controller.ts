import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../common/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../common/request.js';
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
  constructor(private readonly bulk: TaskBulkService) {}

  @Post('tasks/bulk')
  @ApiTags('tasks')
  @Endpoint({
    access: 'write',
    summary: 'Do one thing to many tasks',
    description: 'Each task is changed by itself; `errors` says for each of `failed` why it was not.',
    response: bulkResultSchema,
    errors: ['VALIDATION_ERROR'],
  })
  run(@CurrentActor() actor: Actor, @Body({ schema: bulkSchema }) body: Bulk) {
    return this.bulk.run(actor, body);
  }

  @Post('queues/priority')
  @ApiTags('queues')
  @Endpoint({
    access: 'execute',
    summary: 'Move queued tasks to another queue',
    response: priorityChangedSchema,
    errors: ['VALIDATION_ERROR'],
  })
  changePriority(@CurrentActor() actor: Actor, @Body({ schema: changePrioritySchema }) body: ChangePriority) {
    return this.bulk.changePriority(actor, body);
  }
}
