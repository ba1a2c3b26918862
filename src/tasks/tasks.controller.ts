import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import { projectIdParam, withProject } from '../projects/project-access.js';
import { deletedSchema } from '../projects/projects.schema.js';
import { TaskCreationService } from './task-creation.service.js';
import { taskListQuery, taskPageSchema, type TaskListQuery } from './task-list.schema.js';
import { TaskMoveService } from './task-move.service.js';
import { TaskListService } from './task-list.service.js';
import { taskIdParam } from './task-ref.js';
import { TaskUpdateService } from './task-update.service.js';
import {
  createTaskSchema,
  deleteTaskQuery,
  historySchema,
  taskDetailSchema,
  taskHistoryQuery,
  taskSchema,
  updateTaskSchema,
  type CreateTaskBody,
  type DeleteTaskQuery,
  type TaskHistoryQuery,
  type UpdateTask,
} from './tasks.schema.js';
import { moveTaskSchema, type MoveTask } from './task-move.schema.js';
import { TasksService } from './tasks.service.js';

@Controller('api')
export class TasksController {
  constructor(
    private readonly tasks: TasksService,
    private readonly creation: TaskCreationService,
    private readonly lists: TaskListService,
    private readonly updates: TaskUpdateService,
    private readonly moves: TaskMoveService,
  ) {}

  @Post('tasks')
  @Endpoint({
    access: 'write',
    summary: 'Create a task',
    description:
      'The task stays in the backlog until it is executed. `project_id` is the id of a project or its key.',
    status: 201,
    location: '/api/tasks/{id}',
    response: taskSchema,
    errors: [
      'VALIDATION_ERROR',
      'PROJECT_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
      'PROJECT_LIMIT_EXCEEDED',
      'TASK_NOT_FOUND',
      'RESOURCE_ALREADY_EXISTS',
    ],
  })
  create(@CurrentActor() actor: Actor, @Body({ schema: createTaskSchema }) body: CreateTaskBody) {
    return this.creation.create(actor, withProject(actor, body));
  }

  @Get('tasks')
  @Endpoint({
    access: 'read',
    summary: 'List the tasks you may see',
    description: 'Lists the tasks of all projects that you may see, newest first by default.',
    response: taskPageSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  list(
    @CurrentActor() actor: Actor,
    @Query({ schema: taskListQuery }) query: TaskListQuery,
    @RequestUrl() url: string,
  ) {
    return this.lists.list(actor, query, url);
  }

  @Get('projects/:project_id/tasks')
  @Endpoint({
    access: 'read',
    summary: 'List the tasks of a project',
    description: 'Works like the list of all tasks, with the same filters.',
    response: taskPageSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  listTasks(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: taskListQuery }) query: TaskListQuery,
    @RequestUrl() url: string,
  ) {
    return this.lists.list(actor, { ...query, project_id: projectId }, url);
  }

  @Get('tasks/:task_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a task with its dependencies and recent history',
    description: 'A task that you may not see gets the same response as one that does not exist.',
    response: taskDetailSchema,
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND'],
  })
  get(@CurrentActor() actor: Actor, @Param('task_id', { schema: taskIdParam }) taskId: string) {
    return this.tasks.detail(actor, taskId);
  }

  @Put('tasks/:task_id')
  @Endpoint({
    access: 'write',
    summary: 'Change a task',
    description:
      'Only the given fields are changed. The status can be set manually, but not while an execution of the task is queued or running.',
    response: taskSchema,
    errors: [
      'PROJECT_LIMIT_EXCEEDED',
      'VALIDATION_ERROR',
      'TASK_NOT_FOUND',
      'TASK_ALREADY_RUNNING',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
      'VERSION_CONFLICT',
      'RESOURCE_ALREADY_EXISTS',
    ],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: updateTaskSchema }) body: UpdateTask,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.updates.update(actor, taskId, body, ifMatch);
  }

  @Delete('tasks/:task_id')
  @Endpoint({
    access: 'write',
    summary: 'Delete a task',
    description:
      'The deletion is soft: the task becomes invisible, but its history is kept. With `permanent=true`, which owners of the project may, the task is removed for good, with the texts in its history.',
    response: deletedSchema,
    errors: [
      'VALIDATION_ERROR',
      'TASK_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
      'RESOURCE_IN_USE',
    ],
  })
  delete(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Query({ schema: deleteTaskQuery }) { permanent }: DeleteTaskQuery,
  ) {
    return this.tasks.remove(actor, taskId, permanent);
  }

  @Post('tasks/:task_id/move')
  @Endpoint({
    access: 'write',
    summary: 'Move a task to another project',
    description:
      'The task gets a ref of its new project; the one of before goes on naming it. Dependencies and children stay, the parent does not, and an assignee who cannot see the project is cleared. Its runs stay where they were.',
    response: taskSchema,
    errors: [
      'VALIDATION_ERROR',
      'TASK_NOT_FOUND',
      'PROJECT_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
      'RESOURCE_IN_USE',
      'TASK_ALREADY_CLAIMED',
      'PROJECT_LIMIT_EXCEEDED',
      'RESOURCE_ALREADY_EXISTS',
    ],
  })
  move(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: moveTaskSchema }) { project_id }: MoveTask,
  ) {
    return this.moves.move(actor, taskId, project_id);
  }

  @Get('tasks/:task_id/history')
  @Endpoint({
    access: 'read',
    summary: 'Show the history of a task',
    description:
      'Lists changes with their users, latest last; earlier ones are selected by `cursor`. Of values beyond 1 KiB only the beginning is shown, and environments are left out; `truncated` in a value names such fields.',
    response: historySchema,
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND', 'ANSWER_TOO_LARGE'],
  })
  history(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Query({ schema: taskHistoryQuery }) query: TaskHistoryQuery,
  ) {
    return this.tasks.history(actor, taskId, query);
  }
}
