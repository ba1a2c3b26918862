import { Body, Controller, Delete, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint } from '../http/endpoint.js';
import type { ErrorCode } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import { tag } from './task-fields.schema.js';
import { TaskLabelsService } from './task-labels.service.js';
import { taskIdParam } from './task-ref.js';
import { taskSchema } from './tasks.schema.js';

const attachLabelSchema = z
  .object({ name: tag })
  .meta({ id: 'AttachLabel', examples: [{ name: 'security' }] });
const errors: readonly ErrorCode[] = [
  'VALIDATION_ERROR',
  'TASK_NOT_FOUND',
  'PROJECT_ACCESS_DENIED',
  'PROJECT_ARCHIVED',
  'PROJECT_LIMIT_EXCEEDED',
];

const labelName = tag.meta({ description: 'The name of a label' });

/** Labels of a task one at a time; `tags` of the task are all of them. */
@Controller('api/tasks/:task_id/labels')
export class TaskLabelsController {
  constructor(private readonly labels: TaskLabelsService) {}

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Attach a label to a task',
    description:
      'By its name, without regard to case; a new one is made in the project. Nothing changes when the task has it.',
    response: taskSchema,
    errors,
  })
  attachLabel(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: attachLabelSchema }) { name }: z.output<typeof attachLabelSchema>,
  ) {
    return this.labels.attach(actor, taskId, name);
  }

  @Delete(':name')
  @Endpoint({
    access: 'write',
    summary: 'Detach a label from a task',
    description: 'The label stays in the catalogue. Nothing changes when the task does not have it.',
    response: taskSchema,
    errors,
  })
  detachLabel(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Param('name', { schema: labelName }) name: string,
  ) {
    return this.labels.detach(actor, taskId, name);
  }
}
