import { Body, Controller, Param, Post } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor } from '../http/request.js';
import { taskIdParam } from '../tasks/task-ref.js';
import { claimSchema, claimTaskSchema, type ClaimTask } from './claims.schema.js';
import { ClaimsService } from './claims.service.js';

@Controller('api/tasks')
export class TaskClaimController {
  constructor(private readonly claims: ClaimsService) {}

  @Post(':task_id/claim')
  @Endpoint({
    access: 'write',
    summary: 'Claim a task',
    description:
      'Like the claim of the next task, for one that you name. It must be open: pending, not blocked, waiting for no dependency and not assigned to somebody else.',
    response: claimSchema,
    errors: [
      'VALIDATION_ERROR',
      'TASK_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
      'TASK_ALREADY_CLAIMED',
      'TASK_ALREADY_RUNNING',
      'TASK_ARCHIVED',
      'TASK_IS_DRAFT',
      'TASK_DEPENDENCY_NOT_MET',
      'TASK_NOT_CLAIMABLE',
    ],
  })
  claim(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) taskId: string,
    @Body({ schema: claimTaskSchema }) body: ClaimTask,
  ) {
    return this.claims.claimTask(actor, taskId, body);
  }
}
