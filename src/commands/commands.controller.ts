import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { id } from '../common/fields.js';
import { accountOf, type Actor } from '../common/permissions.js';
import { ClientGone, CurrentActor } from '../http/request.js';
import { ExecutionsService } from '../executions/executions.service.js';
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
import { CommandListsService } from './command-lists.service.js';
import {
  cancelCommandSchema,
  cancelledCommandSchema,
  commandHistorySchema,
  commandStatusSchema,
  executeCommandSchema,
  executedCommandSchema,
  historyQuery,
  runningCommandsSchema,
  statusQuery,
  type ExecuteCommand,
  type HistoryQuery,
  type StatusQuery,
} from './commands.schema.js';
import { CommandsService } from './commands.service.js';

@Controller('api/commands')
export class CommandsController {
  constructor(
    private readonly commands: CommandsService,
    private readonly lists: CommandListsService,
    private readonly executions: ExecutionsService,
    private readonly outputHttp: OutputHttp,
    private readonly searches: OutputSearchService,
  ) {}

  @Post('execute')
  @Endpoint({
    access: 'execute',
    waits: true,
    summary: 'Run a command',
    description:
      'Answers when the command runs: with its process id, or after 2 s with `queued` and what it waits for. A command that ' +
      'has ended by then says so. With `stream_output: false` it waits for the end, at most 25 s, and answers like status. ' +
      'A command that looks destructive is refused (see validate).',
    response: executedCommandSchema,
    errors: [
      'VALIDATION_ERROR',
      'COMMAND_UNSAFE',
      'PROJECT_LIMIT_EXCEEDED',
      'PROJECT_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
      'QUEUE_FULL',
      'RESOURCE_LIMIT_EXCEEDED',
    ],
  })
  execute(
    @CurrentActor() actor: Actor,
    @Body({ schema: executeCommandSchema }) body: ExecuteCommand,
    @ClientGone() gone: AbortSignal,
  ) {
    return this.commands.execute(actor, body, gone);
  }

  @Get('running')
  @Endpoint({
    access: 'read',
    summary: 'List the commands that run now',
    description: 'Your own, and those of tasks you may see; administrators see all.',
    response: runningCommandsSchema,
  })
  running(@CurrentActor() actor: Actor) {
    return this.lists.running(actor);
  }

  @Get('history')
  @Endpoint({
    access: 'read',
    summary: 'List the commands you have run, the latest first',
    description:
      'Lists single commands without those of tasks. Pages are selected by `limit` and `offset`, or by `cursor`.',
    response: commandHistorySchema,
    errors: ['VALIDATION_ERROR'],
  })
  history(@CurrentActor() actor: Actor, @Query({ schema: historyQuery }) query: HistoryQuery) {
    return this.lists.history(actor, query);
  }

  @Get(':command_id/status')
  @Endpoint({
    access: 'read',
    waits: true,
    summary: 'Show a command with the end of its output',
    description:
      'At most the last 256 KiB of output. Takes the id of a task execution, too. With `wait_seconds` it answers when the command has ended, when there is output beyond `after_offset`, or when the time is over.',
    response: commandStatusSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  status(
    @CurrentActor() actor: Actor,
    @Param('command_id', { schema: id }) commandId: string,
    @Query({ schema: statusQuery }) query: StatusQuery,
    @ClientGone() gone: AbortSignal,
  ) {
    return this.commands.status(actor, commandId, query, gone);
  }

  @Post(':command_id/cancel')
  @Endpoint({
    access: 'execute',
    waits: true,
    summary: 'Stop a queued or running command',
    description:
      'Responds with 200 when all processes of the command have ended, or with 202 and `cancelling` when that takes more than 10 s.',
    response: cancelledCommandSchema,
    alternatives: { 202: cancelledCommandSchema },
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'COMMAND_NOT_RUNNING', 'PROJECT_ACCESS_DENIED'],
  })
  async cancel(
    @CurrentActor() actor: Actor,
    @Param('command_id', { schema: id }) commandId: string,
    @Body({ schema: cancelCommandSchema }) body: { reason: string | null },
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const result = await this.commands.cancel(actor, commandId, body.reason);
    if (result.status === 'cancelling') void reply.status(202);
    return result;
  }

  @Get(':command_id/output')
  @Endpoint({
    access: 'read',
    waits: true,
    summary: 'Read the output of a command',
    description: outputDescription,
    raw: outputMedia,
    empty: outputEmpty,
    partial: { 'application/octet-stream': {} },
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'OUTPUT_PRUNED', 'RANGE_NOT_SATISFIABLE'],
  })
  async output(
    @CurrentActor() actor: Actor,
    @Param('command_id', { schema: id }) commandId: string,
    @Query({ schema: outputQuery }) query: OutputQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const execution = await this.executions.require(actor, commandId, 'read');
    await this.outputHttp.send(request, reply, execution, query);
  }

  @Get(':command_id/output/search')
  @Endpoint({
    access: 'read',
    waits: true,
    summary: 'Search the output of a command',
    description: outputSearchDescription,
    response: outputSearchSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'OUTPUT_PRUNED'],
  })
  async searchOutput(
    @CurrentActor() actor: Actor,
    @Param('command_id', { schema: id }) commandId: string,
    @Query({ schema: outputSearchQuery }) query: OutputSearchQuery,
    @ClientGone() gone: AbortSignal,
  ) {
    return this.searches.find(
      accountOf(actor),
      await this.executions.require(actor, commandId, 'read'),
      query,
      gone,
    );
  }
}
