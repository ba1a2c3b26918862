import { Controller, Param, Post } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import { TaskArchiveService } from './task-archive.service.js';
import { taskIdParam } from './task-ref.js';
import { taskSchema } from './tasks.schema.js';

const errors = ['VALIDATION_ERROR', 'TASK_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED'] as const;

/** The ways of a task into the archive and out of it, and of a draft into the lists. */
@Controller('api/tasks/:task_id')
export class TaskArchiveController {
  constructor(private readonly archives: TaskArchiveService) {}

  @Post('archive')
  @Endpoint({
    access: 'write',
    summary: 'Archive a task',
    description:
      'An archived task is in no list, unless `include_archived` asks for it, does not count, cannot be executed, and keeps no other task waiting. Its fields can still be changed.',
    response: taskSchema,
    errors: [...errors, 'RESOURCE_IN_USE', 'TASK_ALREADY_CLAIMED', 'TASK_IS_DRAFT'],
  })
  archive(@CurrentActor() actor: Actor, @Param('task_id', { schema: taskIdParam }) taskId: string) {
    return this.archives.archive(actor, taskId);
  }

  @Post('restore')
  @Endpoint({
    access: 'write',
    summary: 'Restore an archived task',
    description: 'The task is as it was. A discarded draft is a draft again.',
    response: taskSchema,
    errors: [...errors, 'PROJECT_LIMIT_EXCEEDED'],
  })
  restore(@CurrentActor() actor: Actor, @Param('task_id', { schema: taskIdParam }) taskId: string) {
    return this.archives.restore(actor, taskId);
  }

  @Post('publish')
  @Endpoint({
    access: 'write',
    summary: 'Publish a draft',
    description: 'Makes a draft a task that everybody sees who may see its project.',
    response: taskSchema,
    errors: [...errors, 'TASK_ARCHIVED', 'PROJECT_LIMIT_EXCEEDED'],
  })
  publish(@CurrentActor() actor: Actor, @Param('task_id', { schema: taskIdParam }) taskId: string) {
    return this.archives.publish(actor, taskId);
  }

  @Post('discard')
  @Endpoint({
    access: 'write',
    summary: 'Discard a draft',
    description:
      'Archives a draft. It is listed with both `include_drafts` and `include_archived`, and can be restored.',
    response: taskSchema,
    errors: [...errors, 'TASK_NOT_DRAFT'],
  })
  discard(@CurrentActor() actor: Actor, @Param('task_id', { schema: taskIdParam }) taskId: string) {
    return this.archives.discard(actor, taskId);
  }
}
