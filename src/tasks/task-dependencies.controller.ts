import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import {
  addDependencySchema,
  taskDependenciesSchema,
  type AddDependency,
} from './task-dependencies.schema.js';
import { TaskDependenciesService } from './task-dependencies.service.js';
import { taskIdParam } from './task-ref.js';

@Controller('api/tasks/:task_id/dependencies')
export class TaskDependenciesController {
  constructor(private readonly dependencies: TaskDependenciesService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'Show what a task waits for, and what waits for it',
    description:
      'An archived or deleted task keeps no other waiting. Tasks of projects that you may not see are left out.',
    response: taskDependenciesSchema,
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND'],
  })
  listDependencies(@CurrentActor() actor: Actor, @Param('task_id', { schema: taskIdParam }) taskId: string) {
    return this.dependencies.list(actor, taskId);
  }

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Make a task wait for another one',
    description: 'Both belong to one project. Nothing changes when it waits for it already.',
    response: taskDependenciesSchema,
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED'],
  })
  addDependency(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: addDependencySchema }) { depends_on }: AddDependency,
  ) {
    return this.dependencies.add(actor, taskId, depends_on);
  }

  @Delete(':depends_on')
  @Endpoint({
    access: 'write',
    summary: 'Let a task wait for another one no more',
    description: 'Nothing changes when it does not wait for it.',
    response: taskDependenciesSchema,
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED'],
  })
  removeDependency(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Param('depends_on', { schema: taskIdParam }) dependsOn: string,
  ) {
    return this.dependencies.remove(actor, taskId, dependsOn);
  }
}
