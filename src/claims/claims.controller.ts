import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AgentsService } from '../agents/agents.service.js';
import { AppError, type ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { closedSignal } from '../http/on-closed.js';
import { CurrentActor } from '../http/request.js';
import { ProjectAccess } from '../projects/project-access.js';
import { taskSchema } from '../tasks/tasks.schema.js';
import { ClaimWaits } from './claim-waits.js';
import {
  claimNextSchema,
  claimSchema,
  completeClaimSchema,
  failClaimSchema,
  heartbeatSchema,
  releaseClaimSchema,
  renewedClaimSchema,
  type ClaimNext,
  type CompleteClaim,
  type FailClaim,
  type Heartbeat,
  type ReleaseClaim,
} from './claims.schema.js';
import { ClaimsService } from './claims.service.js';

const project: readonly ErrorCode[] = ['PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED'];
const held: readonly ErrorCode[] = ['VALIDATION_ERROR', 'CLAIM_LOST', 'TASK_NOT_FOUND', ...project];
const ended: readonly ErrorCode[] = [...held, 'TASK_ALREADY_RUNNING'];

@Controller('api/claims')
export class ClaimsController {
  constructor(
    private readonly claims: ClaimsService,
    private readonly waits: ClaimWaits,
    private readonly agents: AgentsService,
    private readonly projects: ProjectAccess,
  ) {}

  @Post()
  @Endpoint({
    access: 'write',
    waits: true,
    summary: 'Claim the next task',
    description:
      'The most urgent, oldest task of a project, or of the backlog of an agent, that is open: pending, not blocked, waiting for no dependency and not assigned to somebody else. An agent that names neither works on its own backlog. The task is running then and yours until the lease passes or you end the claim; nobody else can claim or run it. 204 when there is nothing to do, with `wait_seconds` after that time.',
    response: claimSchema,
    empty: { 204: 'There is no task to claim' },
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND', 'RESOURCE_NOT_FOUND', ...project],
  })
  async claimNext(
    @CurrentActor() actor: Actor,
    @Body({ schema: claimNextSchema }) body: ClaimNext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const projectId = await this.projectOf(actor, body);
    const claim = await this.waits.claim(
      actor,
      { projectId, types: body.types, labels: body.labels },
      { leaseSeconds: body.lease_seconds, waitSeconds: body.wait_seconds },
      closedSignal(reply.raw),
    );
    if (!claim) void reply.status(204);
    return claim;
  }

  @Post(':claim_id/heartbeat')
  @Endpoint({
    access: 'write',
    summary: 'Renew a claim',
    description: 'The lease begins anew. A claim that has lapsed cannot be renewed.',
    response: renewedClaimSchema,
    errors: held,
  })
  renew(
    @CurrentActor() actor: Actor,
    @Param('claim_id', { schema: id }) claimId: string,
    @Body({ schema: heartbeatSchema }) body: Heartbeat,
  ) {
    return this.claims.renew(actor, claimId, body.token);
  }

  @Post(':claim_id/release')
  @Endpoint({
    access: 'write',
    summary: 'Give a task back',
    description: 'The task is open again, and assigned to nobody unless it was assigned to you before.',
    response: taskSchema,
    errors: ended,
  })
  release(
    @CurrentActor() actor: Actor,
    @Param('claim_id', { schema: id }) claimId: string,
    @Body({ schema: releaseClaimSchema }) body: ReleaseClaim,
  ) {
    return this.claims.release(actor, claimId, body);
  }

  @Post(':claim_id/complete')
  @Endpoint({
    access: 'write',
    summary: 'Complete the task of a claim',
    description:
      'With what the work came to. What waits for the task may begin. Where the tasks of the project take all that they may, there is no room for a result (409).',
    response: taskSchema,
    errors: [...ended, 'PROJECT_LIMIT_EXCEEDED'],
  })
  complete(
    @CurrentActor() actor: Actor,
    @Param('claim_id', { schema: id }) claimId: string,
    @Body({ schema: completeClaimSchema }) body: CompleteClaim,
  ) {
    return this.claims.complete(actor, claimId, body);
  }

  @Post(':claim_id/fail')
  @Endpoint({
    access: 'write',
    summary: 'Fail the task of a claim',
    description: 'The task has failed, with the reason as its result; with `retry` it is open again instead.',
    response: taskSchema,
    errors: [...ended, 'PROJECT_LIMIT_EXCEEDED'],
  })
  fail(
    @CurrentActor() actor: Actor,
    @Param('claim_id', { schema: id }) claimId: string,
    @Body({ schema: failClaimSchema }) body: FailClaim,
  ) {
    return this.claims.fail(actor, claimId, body);
  }

  /** @throws VALIDATION_ERROR when a person names neither a project nor an agent; the errors of access to the project */
  private async projectOf(actor: Actor, { project_id, agent_id }: ClaimNext): Promise<string> {
    const own = agent_id === undefined ? actor.projectId : undefined;
    const named = project_id ?? own ?? (await this.agents.find(agent_id ?? actor.id))?.project_id;
    if (named !== undefined) return (await this.projects.require(actor, named, 'write')).id;
    if (agent_id !== undefined) throw new AppError('RESOURCE_NOT_FOUND', { agent_id });
    throw new AppError('VALIDATION_ERROR', { field: 'project_id', issue: 'Send a project or an agent' });
  }
}
