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

/** Receivers of events, and what was sent to them */
export class WebhooksResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the webhooks you may manage.
   * Those of projects that you own; administrators see all. Scopes, one of: `webhooks.manage`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  list(query?: WebhooksListQuery, options?: RequestOptions): Listing<WebhookPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/webhooks', query, options }, 'items');
  }

  /**
   * Create a webhook.
   * The answer shows the secret, once. Without project_id the webhook hears of everything. Scopes, one of: `webhooks.manage`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT
   */
  create(body: CreateWebhook, options?: RequestOptions): Promise<WebhookWithSecret> {
    return this.api.call({ method: 'POST', path: '/webhooks', body, options });
  }

  /**
   * Show a webhook.
   * Everything but its secrets. Scopes, one of: `webhooks.manage`.
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
   * Only what you send is changed. The secret is changed with rotate. Scopes, one of: `webhooks.manage`.
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
   * Nothing more is sent to it. Scopes, one of: `webhooks.manage`.
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
   * List what was and is to be sent to a webhook.
   * The latest first, each with the outcome of its last try. Scopes, one of: `webhooks.manage`.
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
   * Show a delivery with its request and every try.
   * Headers and body as they are sent, and of each try what was answered, cut, and how long it took. Scopes, one of: `webhooks.manage`.
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
   * With the same id and the same bytes. Scopes, one of: `webhooks.manage`.
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
   * Send the deliveries of a window of time again.
   * Each with its id and the same bytes, oldest first, at most 5000 a call; `next_from` is where the next call has to begin. Scopes, one of: `webhooks.manage`.
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
   * Give a webhook a new secret.
   * The answer shows it, once. For 24 hours the replaced one signs too, so that receivers can follow. Scopes, one of: `webhooks.manage`.
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
   * The event is `ping`. Answers 200 with the result, or 202 when the receiver takes longer than 5 seconds. Scopes, one of: `webhooks.manage`.
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
