import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import type { ErrorCode } from '../common/errors.js';
import { accountOf, type Actor } from '../common/permissions.js';
import { ClientGone, CurrentActor } from '../http/request.js';
import { executionListQuery, type ExecutionListQuery } from '../executions/executions.schema.js';
import { OutputHttp } from '../output/output-http.js';
import {
  outputDescription,
  outputEmpty,
  outputMedia,
  outputQuery,
  outputSearchDescription,
  outputSearchQuery,
  outputSearchSchema,
  type OutputQuery,
  type OutputSearchQuery,
} from '../output/output-query.js';
import { OutputSearchService } from '../output/output-search.js';
import { AwaitedExecutionService } from './awaited-execution.service.js';
import {
  cancelledTaskSchema,
  cancelSchema,
  executedTaskSchema,
  executeTaskSchema,
  retriedTaskSchema,
  retryTaskSchema,
  taskExecutionsSchema,
  type ExecuteTaskBody,
  type RetryTask,
} from './task-execution.schema.js';
import { TaskExecutionService } from './task-execution.service.js';
import { taskIdParam } from './task-ref.js';

const runErrors: ErrorCode[] = [
  'VALIDATION_ERROR',
  'TASK_NOT_FOUND',
  'TASK_ALREADY_RUNNING',
  'TASK_NOT_EXECUTABLE',
  'TASK_ARCHIVED',
  'TASK_ALREADY_CLAIMED',
  'TASK_IS_DRAFT',
  'TASK_DEPENDENCY_NOT_MET',
  'COMMAND_UNSAFE',
  'PROJECT_NOT_FOUND',
  'PROJECT_LIMIT_EXCEEDED',
  'PROJECT_ACCESS_DENIED',
  'PROJECT_ARCHIVED',
  'QUEUE_FULL',
  'RESOURCE_LIMIT_EXCEEDED',
  'SECRETS_UNPROTECTED',
  'CONCURRENCY_SKIPPED',
];

@Controller('api/tasks/:task_id')
export class TaskExecutionController {
  constructor(
    private readonly runs: TaskExecutionService,
    private readonly awaited: AwaitedExecutionService,
    private readonly outputHttp: OutputHttp,
    private readonly searches: OutputSearchService,
  ) {}

  @Post('execute')
  @Endpoint({
    access: 'execute',
    waits: true,
    summary: 'Run a task',
    description:
      "Queues the task's command, or its project's command_template. With `wait_seconds` it answers 200 with the end of the run, if that has come by then.",
    status: 202,
    location: '/api/executions/{execution_id}',
    response: executedTaskSchema,
    alternatives: { 200: executedTaskSchema },
    errors: [...runErrors, 'RESOURCE_NOT_FOUND'],
  })
  async execute(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: executeTaskSchema }) body: ExecuteTaskBody,
    @ClientGone() gone: AbortSignal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const result = await this.awaited.execute(actor, taskId, body, gone);
    if (result.execution !== null) void reply.status(200);
    return result;
  }

  @Post('retry')
  @Endpoint({
    access: 'execute',
    summary: 'Run a failed or cancelled task again',
    description:
      'Works like execute, and counts the attempt. It has the inputs of the last run, or those that are sent.',
    status: 202,
    location: '/api/executions/{execution_id}',
    response: retriedTaskSchema,
    errors: [...runErrors, 'TASK_NOT_RETRYABLE'],
  })
  retry(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: retryTaskSchema }) body: RetryTask,
  ) {
    return this.runs.retry(actor, taskId, body);
  }

  @Post('cancel')
  @Endpoint({
    access: 'execute',
    waits: true,
    summary: 'Stop a queued or running task',
    description:
      'Responds with 200 when all processes of the command have ended, or with 202 and `cancelling` when that takes more than 10 s.',
    response: cancelledTaskSchema,
    alternatives: { 202: cancelledTaskSchema },
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND', 'TASK_NOT_RUNNING', 'PROJECT_ACCESS_DENIED'],
  })
  async cancel(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: cancelSchema }) body: { reason: string | null },
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const result = await this.runs.cancel(actor, taskId, body.reason);
    if (result.status === 'cancelling') void reply.status(202);
    return result;
  }

  @Get('output')
  @Endpoint({
    access: 'read',
    waits: true,
    summary: "Get the output of a task's current or last run",
    description: outputDescription,
    raw: outputMedia,
    empty: outputEmpty,
    partial: { 'application/octet-stream': {} },
    errors: [
      'VALIDATION_ERROR',
      'TASK_NOT_FOUND',
      'RESOURCE_NOT_FOUND',
      'OUTPUT_PRUNED',
      'RANGE_NOT_SATISFIABLE',
    ],
  })
  async output(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Query({ schema: outputQuery }) query: OutputQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    await this.outputHttp.send(request, reply, await this.runs.latest(actor, taskId), query);
  }

  @Get('output/search')
  @Endpoint({
    access: 'read',
    waits: true,
    summary: "Search the output of a task's current or last run",
    description: outputSearchDescription,
    response: outputSearchSchema,
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND', 'RESOURCE_NOT_FOUND', 'OUTPUT_PRUNED'],
  })
  async searchOutput(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Query({ schema: outputSearchQuery }) query: OutputSearchQuery,
    @ClientGone() gone: AbortSignal,
  ) {
    return this.searches.find(accountOf(actor), await this.runs.latest(actor, taskId), query, gone);
  }

  @Get('executions')
  @Endpoint({
    access: 'read',
    summary: 'List the attempts to run a task, the latest first',
    description:
      'Lists the executions with their state, times and exit code. Earlier ones are selected by `cursor`.',
    response: taskExecutionsSchema,
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND'],
  })
  listExecutions(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Query({ schema: executionListQuery }) query: ExecutionListQuery,
  ) {
    return this.runs.list(actor, taskId, query);
  }
}
