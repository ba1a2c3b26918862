import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { ClientGone, CurrentActor, RequestUrl } from '../http/request.js';
import {
  deliveryDetailSchema,
  deliveryListQuery,
  deliveryPageSchema,
  deliverySchema,
  replayResultSchema,
  replaySchema,
  type DeliveryListQuery,
  type Replay,
} from './deliveries.schema.js';
import { DeliveriesService } from './deliveries.service.js';

@Controller('api/webhooks/:webhook_id')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveriesService) {}

  @Post('test')
  @Endpoint({
    access: 'write',
    waits: true,
    summary: 'Send a test message to a webhook',
    description:
      'The event is `ping`. Responds with 200 and the result, or with 202 when the receiver takes longer than 5 seconds.',
    response: deliverySchema,
    alternatives: { 202: deliverySchema },
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'PROJECT_ACCESS_DENIED'],
  })
  async test(
    @CurrentActor() actor: Actor,
    @Param('webhook_id', { schema: id }) webhookId: string,
    @ClientGone() gone: AbortSignal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const delivery = await this.deliveries.test(actor, webhookId, gone);
    if (delivery.status === 'pending') void reply.status(202);
    return delivery;
  }

  @Get('deliveries')
  @Endpoint({
    access: 'read',
    summary: 'List the deliveries of a webhook',
    description: 'Lists deliveries, latest first, each with the result of its last attempt.',
    response: deliveryPageSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'PROJECT_ACCESS_DENIED'],
  })
  listDeliveries(
    @CurrentActor() actor: Actor,
    @Param('webhook_id', { schema: id }) webhookId: string,
    @Query({ schema: deliveryListQuery }) query: DeliveryListQuery,
    @RequestUrl() url: string,
  ) {
    return this.deliveries.list(actor, webhookId, query, url);
  }

  @Get('deliveries/:delivery_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a delivery with its request and all attempts',
    description:
      'Returns the headers and the body that are sent, and the beginning of the response and the duration of each attempt.',
    response: deliveryDetailSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'PROJECT_ACCESS_DENIED'],
  })
  getDelivery(
    @CurrentActor() actor: Actor,
    @Param('webhook_id', { schema: id }) webhookId: string,
    @Param('delivery_id', { schema: id }) deliveryId: string,
  ) {
    return this.deliveries.get(actor, webhookId, deliveryId);
  }

  @Post('replay')
  @Endpoint({
    access: 'write',
    summary: 'Send the deliveries of a time window again',
    description:
      'Sends them with the same ids and bytes, oldest first, at most 5000 for one request; `next_from` is the `from` of the next request.',
    response: replayResultSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'RESOURCE_IN_USE'],
  })
  replay(
    @CurrentActor() actor: Actor,
    @Param('webhook_id', { schema: id }) webhookId: string,
    @Body({ schema: replaySchema }) body: Replay,
  ) {
    return this.deliveries.replay(actor, webhookId, body);
  }

  @Post('deliveries/:delivery_id/redeliver')
  @Endpoint({
    access: 'write',
    summary: 'Send a delivery again',
    description: 'Sends it again with the same id and the same bytes.',
    response: deliverySchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'RESOURCE_IN_USE'],
  })
  redeliver(
    @CurrentActor() actor: Actor,
    @Param('webhook_id', { schema: id }) webhookId: string,
    @Param('delivery_id', { schema: id }) deliveryId: string,
  ) {
    return this.deliveries.redeliver(actor, webhookId, deliveryId);
  }
}
