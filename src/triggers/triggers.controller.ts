import { Body, Controller, Delete, Get, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { RawBody } from '../http/raw-body.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import { projectIdParam } from '../projects/project-access.js';
import { TriggerReceiver } from './trigger-receiver.js';
import {
  createTriggerSchema,
  triggerAnswerSchema,
  triggerDeliveryPageSchema,
  triggerListQuery,
  triggerPageSchema,
  triggerSchema,
  triggerToken,
  updateTriggerSchema,
  type CreateTrigger,
  type TriggerListQuery,
  type UpdateTrigger,
} from './triggers.schema.js';
import { TriggersService } from './triggers.service.js';

const written: readonly ErrorCode[] = [
  'VALIDATION_ERROR',
  'PROJECT_ACCESS_DENIED',
  'PROJECT_ARCHIVED',
  'TASK_NOT_FOUND',
];
const removed = z.object({ message: z.string() });
/** A message without a body arrives as an empty object. */
const messageBody = z
  .preprocess((body) => (body instanceof RawBody ? body : undefined), z.instanceof(RawBody).optional())
  .meta({ type: 'string', contentMediaType: 'application/json' });

@Controller('api')
export class TriggersController {
  constructor(
    private readonly triggers: TriggersService,
    private readonly receiver: TriggerReceiver,
  ) {}

  @Get('projects/:project_id/triggers')
  @Endpoint({
    access: 'read',
    summary: 'List the triggers of a project',
    description: 'The newest first. Who may run tasks in the project sees their URLs.',
    response: triggerPageSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  listTriggers(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: triggerListQuery }) query: TriggerListQuery,
    @RequestUrl() url: string,
  ) {
    return this.triggers.list(actor, projectId, query, url);
  }

  @Post('projects/:project_id/triggers')
  @Endpoint({
    access: 'execute',
    summary: 'Create a trigger',
    description:
      'A URL that runs a task in your name whenever something is sent to it. The command finds the message in the file that TRIGGER_PAYLOAD names, and its headers as JSON in that of TRIGGER_HEADERS.',
    status: 201,
    location: '/api/triggers/{id}',
    showsSecret: true,
    response: triggerSchema,
    errors: [...written, 'PROJECT_NOT_FOUND', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  createTrigger(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Body({ schema: createTriggerSchema }) body: CreateTrigger,
  ) {
    return this.triggers.create(actor, projectId, body);
  }

  @Get('triggers/:trigger_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a trigger',
    description: 'With its URL for who may run tasks in the project.',
    response: triggerSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  get(@CurrentActor() actor: Actor, @Param('trigger_id', { schema: id }) triggerId: string) {
    return this.triggers.get(actor, triggerId);
  }

  @Put('triggers/:trigger_id')
  @Endpoint({
    access: 'execute',
    summary: 'Change a trigger',
    description:
      'It goes on running its task in the name of who has made it. `secret: null` takes unsigned messages.',
    response: triggerSchema,
    errors: [...written, 'RESOURCE_NOT_FOUND', 'VERSION_CONFLICT'],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('trigger_id', { schema: id }) triggerId: string,
    @Body({ schema: updateTriggerSchema }) body: UpdateTrigger,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.triggers.update(actor, triggerId, body, ifMatch);
  }

  @Post('triggers/:trigger_id/rotate')
  @Endpoint({
    access: 'execute',
    summary: 'Give a trigger another URL',
    description: 'The URL of before opens nothing any more.',
    showsSecret: true,
    response: triggerSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED', 'RESOURCE_NOT_FOUND'],
  })
  rotate(@CurrentActor() actor: Actor, @Param('trigger_id', { schema: id }) triggerId: string) {
    return this.triggers.rotate(actor, triggerId);
  }

  @Delete('triggers/:trigger_id')
  @Endpoint({
    access: 'execute',
    summary: 'Delete a trigger',
    description: 'With the log of its deliveries.',
    response: removed,
    errors: ['VALIDATION_ERROR', 'PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED', 'RESOURCE_NOT_FOUND'],
  })
  delete(@CurrentActor() actor: Actor, @Param('trigger_id', { schema: id }) triggerId: string) {
    return this.triggers.delete(actor, triggerId);
  }

  @Get('triggers/:trigger_id/deliveries')
  @Endpoint({
    access: 'read',
    summary: 'List what reached a trigger',
    description: 'The latest first, with what became of each: fired, skipped or refused, and why.',
    response: triggerDeliveryPageSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  listDeliveries(
    @CurrentActor() actor: Actor,
    @Param('trigger_id', { schema: id }) triggerId: string,
    @Query({ schema: triggerListQuery }) query: TriggerListQuery,
    @RequestUrl() url: string,
  ) {
    return this.triggers.deliveries(actor, triggerId, query, url);
  }

  @Post('triggers/:trigger_id')
  @Endpoint({
    access: 'public',
    urlToken: 'trigger_id',
    summary: 'Send a message to a trigger',
    description:
      'Runs the task of the trigger: 202, or 200 with the reason why it was skipped. The body is passed on as it is, 2 MiB at most; pointers find something in JSON only. With a secret, the message must be signed: X-Hub-Signature-256, or the headers of Standard Webhooks, within 5 minutes. The same X-GitHub-Delivery or webhook-id again gives the first answer. 60 messages a minute.',
    status: 202,
    body: 'raw',
    rawBody: { 'application/json': { schema: {} }, '*/*': { schema: { type: 'string', format: 'binary' } } },
    response: triggerAnswerSchema,
    alternatives: { 200: triggerAnswerSchema },
    errors: [
      'VALIDATION_ERROR',
      'RESOURCE_NOT_FOUND',
      'TRIGGER_SIGNATURE_INVALID',
      'SYSTEM_MAINTENANCE',
      'QUEUE_FULL',
    ],
  })
  async fire(
    @Param('trigger_id', { schema: triggerToken }) token: string,
    @Body({ schema: messageBody }) body: RawBody | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const answer = await this.receiver.receive(token, body?.bytes ?? Buffer.alloc(0), request.headers);
    if (answer.status === 'skipped') void reply.status(200);
    return answer;
  }
}
