import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { agentParam } from '../agents/agents.schema.js';
import type { ErrorCode } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, RequestUrl } from '../http/request.js';
import { taskIdParam } from '../tasks/task-ref.js';
import {
  addToBacklogSchema,
  backlogQuery,
  backlogSchema,
  backlogsQuery,
  backlogsSchema,
  backlogSummarySchema,
  backlogTaskSchema,
  changeInBacklogSchema,
  deletedFromBacklogSchema,
  type AddToBacklog,
  type BacklogQuery,
  type BacklogsQuery,
  type ChangeInBacklog,
} from './backlogs.schema.js';
import { BacklogsService } from './backlogs.service.js';

const read: readonly ErrorCode[] = ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'PROJECT_NOT_FOUND'];
const written: readonly ErrorCode[] = [...read, 'PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED'];

@Controller('api/backlogs')
export class BacklogsController {
  constructor(private readonly backlogs: BacklogsService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List the tasks of all agents',
    description: 'Of those whose backlogs you may see; the most urgent first, and of these the oldest.',
    response: backlogsSchema,
    errors: read,
  })
  list(
    @CurrentActor() actor: Actor,
    @Query({ schema: backlogsQuery }) query: BacklogsQuery,
    @RequestUrl() url: string,
  ) {
    return this.backlogs.list(actor, query, url);
  }

  @Get(':agent_id')
  @Endpoint({
    access: 'read',
    summary: 'List the backlog of an agent',
    description: 'The most urgent tasks first, and of these the oldest. `total` counts all of them.',
    response: backlogSchema,
    errors: read,
  })
  get(
    @CurrentActor() actor: Actor,
    @Param('agent_id', { schema: agentParam }) agentId: string,
    @Query({ schema: backlogQuery }) query: BacklogQuery,
    @RequestUrl() url: string,
  ) {
    return this.backlogs.ofAgent(actor, agentId, query, url);
  }

  @Post(':agent_id')
  @Endpoint({
    access: 'write',
    summary: 'Add a task to the backlog of an agent',
    description: 'Its id is made from the prefix of the agent, such as `MKT-002`.',
    status: 201,
    location: '/api/tasks/{id}',
    response: backlogTaskSchema,
    errors: [...written, 'PROJECT_LIMIT_EXCEEDED'],
  })
  add(
    @CurrentActor() actor: Actor,
    @Param('agent_id', { schema: agentParam }) agentId: string,
    @Body({ schema: addToBacklogSchema }) body: AddToBacklog,
  ) {
    return this.backlogs.add(actor, agentId, body);
  }

  @Get(':agent_id/summary')
  @Endpoint({
    access: 'read',
    summary: 'Count the tasks of an agent',
    description: 'A task that has failed counts as blocked: it needs somebody.',
    response: backlogSummarySchema,
    errors: read,
  })
  summary(@CurrentActor() actor: Actor, @Param('agent_id', { schema: agentParam }) agentId: string) {
    return this.backlogs.summary(actor, agentId);
  }

  @Patch(':agent_id/:task_id')
  @Endpoint({
    access: 'write',
    summary: 'Change a task of an agent',
    description:
      'Only the given fields are changed. `blocked` keeps the reason in `blocker`; any other status clears it. `result` goes with `complete`.',
    response: backlogTaskSchema,
    errors: [...written, 'TASK_NOT_FOUND', 'TASK_ALREADY_RUNNING', 'PROJECT_LIMIT_EXCEEDED'],
  })
  change(
    @CurrentActor() actor: Actor,
    @Param('agent_id', { schema: agentParam }) agentId: string,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: changeInBacklogSchema }) body: ChangeInBacklog,
  ) {
    return this.backlogs.change(actor, agentId, taskId, body);
  }

  @Delete(':agent_id/:task_id')
  @Endpoint({
    access: 'write',
    summary: 'Delete a task of an agent for good',
    description: 'For the owners of its project, and for the agent itself.',
    response: deletedFromBacklogSchema,
    errors: [...written, 'TASK_NOT_FOUND', 'RESOURCE_IN_USE'],
  })
  delete(
    @CurrentActor() actor: Actor,
    @Param('agent_id', { schema: agentParam }) agentId: string,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
  ) {
    return this.backlogs.remove(actor, agentId, taskId);
  }
}
