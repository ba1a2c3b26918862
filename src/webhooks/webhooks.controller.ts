import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import {
  createWebhookSchema,
  deletedWebhookSchema,
  rotateSecretSchema,
  updateWebhookSchema,
  webhookListQuery,
  webhookPageSchema,
  webhookSchema,
  webhookWithSecretSchema,
  type CreateWebhook,
  type UpdateWebhook,
  type WebhookListQuery,
} from './webhooks.schema.js';
import { WebhooksService } from './webhooks.service.js';

const ofOne: readonly ErrorCode[] = ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'PROJECT_ACCESS_DENIED'];

@Controller('api/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Create a webhook',
    description:
      'The secret is only shown in this response. Without `project_id` the webhook receives the events of all projects.',
    status: 201,
    location: '/api/webhooks/{id}',
    response: webhookWithSecretSchema,
    showsSecret: true,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  create(@CurrentActor() actor: Actor, @Body({ schema: createWebhookSchema }) body: CreateWebhook) {
    return this.webhooks.create(actor, body);
  }

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List the webhooks you may manage',
    description: 'Lists the webhooks of projects that you own; administrators see all.',
    response: webhookPageSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  list(
    @CurrentActor() actor: Actor,
    @Query({ schema: webhookListQuery }) query: WebhookListQuery,
    @RequestUrl() url: string,
  ) {
    return this.webhooks.list(actor, query, url);
  }

  @Get(':webhook_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a webhook',
    description: 'Returns a webhook without its secrets.',
    response: webhookSchema,
    errors: ofOne,
  })
  get(@CurrentActor() actor: Actor, @Param('webhook_id', { schema: id }) webhookId: string) {
    return this.webhooks.get(actor, webhookId);
  }

  @Put(':webhook_id')
  @Endpoint({
    access: 'write',
    summary: 'Change a webhook',
    description: 'Only the given fields are changed. The secret is replaced by `rotate`.',
    response: webhookSchema,
    errors: [...ofOne, 'VERSION_CONFLICT'],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('webhook_id', { schema: id }) webhookId: string,
    @Body({ schema: updateWebhookSchema }) body: UpdateWebhook,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.webhooks.update(actor, webhookId, body, ifMatch);
  }

  @Delete(':webhook_id')
  @Endpoint({
    access: 'write',
    summary: 'Delete a webhook',
    description: 'No more messages are sent to it.',
    response: deletedWebhookSchema,
    errors: ofOne,
  })
  delete(@CurrentActor() actor: Actor, @Param('webhook_id', { schema: id }) webhookId: string) {
    return this.webhooks.remove(actor, webhookId);
  }

  @Post(':webhook_id/rotate')
  @Endpoint({
    access: 'write',
    summary: 'Rotate the secret of a webhook',
    description:
      'The new secret is only shown in this response. For 24 hours messages are also signed with the previous one, so that receivers can be changed.',
    response: webhookWithSecretSchema,
    showsSecret: true,
    errors: [...ofOne, 'VERSION_CONFLICT'],
  })
  rotate(
    @CurrentActor() actor: Actor,
    @Param('webhook_id', { schema: id }) webhookId: string,
    @Body({ schema: rotateSecretSchema }) body: { secret?: string },
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.webhooks.rotate(actor, webhookId, body.secret, ifMatch);
  }
}
