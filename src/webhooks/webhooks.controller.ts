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
    description: 'The answer shows the secret, once. Without project_id the webhook hears of everything.',
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
    description: 'Those of projects that you own; administrators see all.',
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
    description: 'Everything but its secrets.',
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
    description: 'Only what you send is changed. The secret is changed with rotate.',
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
    description: 'Nothing more is sent to it.',
    response: deletedWebhookSchema,
    errors: ofOne,
  })
  delete(@CurrentActor() actor: Actor, @Param('webhook_id', { schema: id }) webhookId: string) {
    return this.webhooks.remove(actor, webhookId);
  }

  @Post(':webhook_id/rotate')
  @Endpoint({
    access: 'write',
    summary: 'Give a webhook a new secret',
    description:
      'The answer shows it, once. For 24 hours the replaced one signs too, so that receivers can follow.',
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
