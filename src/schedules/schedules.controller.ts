import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import type { ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import { projectIdParam } from '../projects/project-access.js';
import { deletedSchema } from '../projects/projects.schema.js';
import { queuedTaskSchema } from '../tasks/task-execution.schema.js';
import { ManualRuns } from './manual-runs.js';
import {
  createScheduleSchema,
  occurrenceListQuery,
  occurrencesSchema,
  previewedSchema,
  previewSchema,
  scheduleListQuery,
  schedulePageSchema,
  scheduleSchema,
  updateScheduleSchema,
  type CreateSchedule,
  type OccurrenceListQuery,
  type PreviewSchedule,
  type ScheduleListQuery,
  type UpdateSchedule,
} from './schedules.schema.js';
import { SchedulesService } from './schedules.service.js';

const ofOne: readonly ErrorCode[] = ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'];
const denied: readonly ErrorCode[] = ['PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED'];
const written: readonly ErrorCode[] = [
  'VALIDATION_ERROR',
  'TASK_NOT_FOUND',
  'SECRETS_UNPROTECTED',
  'PROJECT_NOT_FOUND',
  ...denied,
];

@Controller('api')
export class SchedulesController {
  constructor(
    private readonly schedules: SchedulesService,
    private readonly runs: ManualRuns,
  ) {}

  @Get('projects/:project_id/schedules')
  @Endpoint({
    access: 'read',
    summary: 'List the schedules of a project',
    description:
      'The newest first, each with its next times, its last run and how many runs have failed in a row.',
    response: schedulePageSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  listSchedules(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: scheduleListQuery }) query: ScheduleListQuery,
    @RequestUrl() url: string,
  ) {
    return this.schedules.list(actor, projectId, query, url);
  }

  @Post('projects/:project_id/schedules')
  @Endpoint({
    access: 'execute',
    summary: 'Create a schedule',
    description:
      'It runs a task of the project, or makes a new one each time, at the times of a cron expression or at an interval. It runs with your rights as they are at each time; a token also needs the scope tasks.write for a template.',
    status: 201,
    location: '/api/schedules/{id}',
    response: scheduleSchema,
    errors: [...written, 'RESOURCE_LIMIT_EXCEEDED'],
  })
  createSchedule(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Body({ schema: createScheduleSchema }) body: CreateSchedule,
  ) {
    return this.schedules.create(actor, projectId, body);
  }

  @Post('schedules/preview')
  @Endpoint({
    access: 'read',
    summary: 'Show the next times of a schedule that is not made yet',
    description:
      'The next times of a cron expression or an interval, also across a change of clocks. A faulty expression is explained (422).',
    response: previewedSchema,
    errors: ['VALIDATION_ERROR'],
  })
  preview(@Body({ schema: previewSchema }) body: PreviewSchedule) {
    return this.schedules.preview(body);
  }

  @Get('schedules/:schedule_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a schedule',
    description: 'With its next times, its last run and how many runs have failed in a row.',
    response: scheduleSchema,
    errors: ofOne,
  })
  get(@CurrentActor() actor: Actor, @Param('schedule_id', { schema: id }) scheduleId: string) {
    return this.schedules.get(actor, scheduleId);
  }

  @Put('schedules/:schedule_id')
  @Endpoint({
    access: 'execute',
    summary: 'Change a schedule',
    description:
      'Only the given fields are changed, and the next time is planned anew. Who sends `task_id`, `template` or `inputs` becomes the one with whose rights it runs.',
    response: scheduleSchema,
    errors: [...ofOne, ...written, 'VERSION_CONFLICT'],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('schedule_id', { schema: id }) scheduleId: string,
    @Body({ schema: updateScheduleSchema }) body: UpdateSchedule,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.schedules.update(actor, scheduleId, body, ifMatch);
  }

  @Delete('schedules/:schedule_id')
  @Endpoint({
    access: 'execute',
    summary: 'Delete a schedule',
    description: 'What it has started goes on; what of it waits does not start any more.',
    response: deletedSchema,
    errors: [...ofOne, ...denied],
  })
  delete(@CurrentActor() actor: Actor, @Param('schedule_id', { schema: id }) scheduleId: string) {
    return this.schedules.remove(actor, scheduleId);
  }

  @Post('schedules/:schedule_id/run')
  @Endpoint({
    access: 'execute',
    summary: 'Run a schedule now',
    description:
      'Starts a run with your rights, also of a schedule that is switched off. Its times stay as they are.',
    status: 202,
    location: '/api/executions/{execution_id}',
    response: queuedTaskSchema,
    errors: [
      ...ofOne,
      ...denied,
      'TASK_NOT_FOUND',
      'TASK_ALREADY_RUNNING',
      'TASK_ALREADY_CLAIMED',
      'TASK_ARCHIVED',
      'TASK_IS_DRAFT',
      'TASK_NOT_EXECUTABLE',
      'TASK_DEPENDENCY_NOT_MET',
      'COMMAND_UNSAFE',
      'VERSION_CONFLICT',
      'PROJECT_LIMIT_EXCEEDED',
      'RESOURCE_LIMIT_EXCEEDED',
      'RESOURCE_ALREADY_EXISTS',
      'QUEUE_FULL',
      'SECRETS_UNPROTECTED',
    ],
  })
  run(@CurrentActor() actor: Actor, @Param('schedule_id', { schema: id }) scheduleId: string) {
    return this.runs.run(actor, scheduleId);
  }

  @Get('schedules/:schedule_id/occurrences')
  @Endpoint({
    access: 'read',
    summary: 'List what became of the times of a schedule',
    description:
      'The latest first: which fired, were skipped, missed or wait, why, and their runs. They are kept for 90 days, and at least the last 100.',
    response: occurrencesSchema,
    errors: ofOne,
  })
  occurrences(
    @CurrentActor() actor: Actor,
    @Param('schedule_id', { schema: id }) scheduleId: string,
    @Query({ schema: occurrenceListQuery }) query: OccurrenceListQuery,
  ) {
    return this.schedules.occurrences(actor, scheduleId, query);
  }
}
