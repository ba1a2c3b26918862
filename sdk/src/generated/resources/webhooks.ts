// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  CreateWebhook,
  DeletedWebhook,
  ReplayWebhook,
  RotateWebhookSecret,
  UpdateWebhook,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookDeliveryPage,
  WebhookPage,
  WebhookReplay,
  WebhookWithSecret,
  WebhooksListDeliveriesQuery,
  WebhooksListQuery,
} from '../types.js';

/** Webhooks and their deliveries */
export class WebhooksResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the webhooks you may manage.
   * Lists the webhooks of projects that you own; administrators see all. Scopes, one of: `webhooks.manage`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  list(query?: WebhooksListQuery, options?: RequestOptions): Listing<WebhookPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/webhooks', query, options }, 'items');
  }

  /**
   * Create a webhook.
   * The secret is only shown in this response. Without `project_id` the webhook receives the events of all projects. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT
   */
  create(body: CreateWebhook, options?: RequestOptions): Promise<WebhookWithSecret> {
    return this.api.call({ method: 'POST', path: '/webhooks', body, options });
  }

  /**
   * Show a webhook.
   * Returns a webhook without its secrets. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND
   */
  get(webhookId: string, options?: RequestOptions): Promise<Webhook> {
    return this.api.call({
      method: 'GET',
      path: '/webhooks/{webhookId}',
      parameters: { webhookId },
      options,
    });
  }

  /**
   * Change a webhook.
   * Only the given fields are changed. The secret is replaced by `rotate`. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, VERSION_CONFLICT
   */
  update(webhookId: string, body: UpdateWebhook, options?: RequestOptions): Promise<Webhook> {
    return this.api.call({
      method: 'PUT',
      path: '/webhooks/{webhookId}',
      parameters: { webhookId },
      body,
      options,
    });
  }

  /**
   * Delete a webhook.
   * No more messages are sent to it. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND
   */
  delete(webhookId: string, options?: RequestOptions): Promise<DeletedWebhook> {
    return this.api.call({
      method: 'DELETE',
      path: '/webhooks/{webhookId}',
      parameters: { webhookId },
      options,
    });
  }

  /**
   * List the deliveries of a webhook.
   * Lists deliveries, latest first, each with the result of its last attempt. Scopes, one of: `webhooks.manage`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listDeliveries(
    webhookId: string,
    query?: WebhooksListDeliveriesQuery,
    options?: RequestOptions,
  ): Listing<WebhookDeliveryPage, 'items'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/webhooks/{webhookId}/deliveries',
        parameters: { webhookId },
        query,
        keep: ['data'],
        options,
      },
      'items',
    );
  }

  /**
   * Show a delivery with its request and all attempts.
   * Returns the headers and the body that are sent, and the beginning of the response and the duration of each attempt. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND
   */
  getDelivery(
    webhookId: string,
    deliveryId: string,
    options?: RequestOptions,
  ): Promise<WebhookDeliveryDetail> {
    return this.api.call({
      method: 'GET',
      path: '/webhooks/{webhookId}/deliveries/{deliveryId}',
      parameters: { webhookId, deliveryId },
      keep: ['data', 'headers'],
      options,
    });
  }

  /**
   * Send a delivery again.
   * Sends it again with the same id and the same bytes. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, RESOURCE_IN_USE, IDEMPOTENCY_CONFLICT
   */
  redeliver(webhookId: string, deliveryId: string, options?: RequestOptions): Promise<WebhookDelivery> {
    return this.api.call({
      method: 'POST',
      path: '/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver',
      parameters: { webhookId, deliveryId },
      keep: ['data'],
      options,
    });
  }

  /**
   * Send the deliveries of a time window again.
   * Sends them with the same ids and bytes, oldest first, at most 5000 for one request; `next_from` is the `from` of the next request. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, RESOURCE_IN_USE, IDEMPOTENCY_CONFLICT
   */
  replay(webhookId: string, body: ReplayWebhook, options?: RequestOptions): Promise<WebhookReplay> {
    return this.api.call({
      method: 'POST',
      path: '/webhooks/{webhookId}/replay',
      parameters: { webhookId },
      body,
      options,
    });
  }

  /**
   * Rotate the secret of a webhook.
   * The new secret is only shown in this response. For 24 hours messages are also signed with the previous one, so that receivers can be changed. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, VERSION_CONFLICT, IDEMPOTENCY_CONFLICT
   */
  rotate(
    webhookId: string,
    body?: RotateWebhookSecret,
    options?: RequestOptions,
  ): Promise<WebhookWithSecret> {
    return this.api.call({
      method: 'POST',
      path: '/webhooks/{webhookId}/rotate',
      parameters: { webhookId },
      body,
      options,
    });
  }

  /**
   * Send a test message to a webhook.
   * The event is `ping`. Responds with 200 and the result, or with 202 when the receiver takes longer than 5 seconds. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, IDEMPOTENCY_CONFLICT
   */
  test(webhookId: string, options?: RequestOptions): Promise<WebhookDelivery> {
    return this.api.call({
      method: 'POST',
      path: '/webhooks/{webhookId}/test',
      parameters: { webhookId },
      keep: ['data'],
      options,
    });
  }
}
