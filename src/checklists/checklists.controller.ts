import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import type { ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, IfMatch } from '../http/request.js';
import { taskIdParam } from '../tasks/task-ref.js';
import {
  checklistSchema,
  createItemSchema,
  itemSchema,
  updateItemSchema,
  type CreateItem,
  type UpdateItem,
} from './checklists.schema.js';
import { ChecklistsService } from './checklists.service.js';

const written: readonly ErrorCode[] = [
  'VALIDATION_ERROR',
  'TASK_NOT_FOUND',
  'PROJECT_ACCESS_DENIED',
  'PROJECT_ARCHIVED',
  'PROJECT_LIMIT_EXCEEDED',
];

@Controller('api/tasks/:task_id/checklist')
export class ChecklistsController {
  constructor(private readonly checklists: ChecklistsService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'Show the checklist of a task',
    description:
      'All its items in their order. A task itself shows how many there are and how many are done.',
    response: checklistSchema,
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND'],
  })
  checklist(@CurrentActor() actor: Actor, @Param('task_id', { schema: taskIdParam }) taskId: string) {
    return this.checklists.show(actor, taskId);
  }

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Add an item to the checklist of a task',
    description: 'At the end, or at a position. A task has at most 200 items.',
    status: 201,
    location: '/api/tasks/{task_id}/checklist',
    response: itemSchema,
    errors: [...written, 'RESOURCE_LIMIT_EXCEEDED'],
  })
  addChecklistItem(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: createItemSchema }) body: CreateItem,
  ) {
    return this.checklists.add(actor, taskId, body);
  }

  @Put(':item_id')
  @Endpoint({
    access: 'write',
    summary: 'Change an item of a checklist',
    description: 'Only the given fields are changed. `done_by` and `done_at` say who did it first, and when.',
    response: itemSchema,
    errors: [...written, 'RESOURCE_NOT_FOUND', 'VERSION_CONFLICT'],
  })
  updateChecklistItem(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Param('item_id', { schema: id }) itemId: string,
    @Body({ schema: updateItemSchema }) body: UpdateItem,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.checklists.update(actor, taskId, itemId, body, ifMatch);
  }

  @Delete(':item_id')
  @Endpoint({
    access: 'write',
    summary: 'Remove an item from a checklist',
    description: 'Returns the item as it was.',
    response: itemSchema,
    errors: [...written, 'RESOURCE_NOT_FOUND'],
  })
  deleteChecklistItem(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Param('item_id', { schema: id }) itemId: string,
  ) {
    return this.checklists.remove(actor, taskId, itemId);
  }
}
