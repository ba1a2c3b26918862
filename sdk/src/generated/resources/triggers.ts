// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { FileBody } from '../../http/file-body.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  Trigger,
  TriggerAnswer,
  TriggerDeliveryPage,
  TriggersDeleteResult,
  TriggersListDeliveriesQuery,
  UpdateTrigger,
} from '../types.js';

/** URLs that run a task when something is sent to them */
export class TriggersResource {
  constructor(protected readonly api: Api) {}

  /**
   * Show a trigger.
   * With its URL for who may run tasks in the project. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(triggerId: string, options?: RequestOptions): Promise<Trigger> {
    return this.api.call({
      method: 'GET',
      path: '/triggers/{triggerId}',
      parameters: { triggerId },
      keep: ['inputs_from', 'match'],
      options,
    });
  }

  /**
   * Change a trigger.
   * It goes on running its task in the name of who has made it. `secret: null` takes unsigned messages. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, VERSION_CONFLICT, PROJECT_ARCHIVED
   */
  update(triggerId: string, body: UpdateTrigger, options?: RequestOptions): Promise<Trigger> {
    return this.api.call({
      method: 'PUT',
      path: '/triggers/{triggerId}',
      parameters: { triggerId },
      body,
      keep: ['inputs_from', 'match'],
      options,
    });
  }

  /**
   * Send a message to a trigger.
   * Runs the task of the trigger: 202, or 200 with the reason why it was skipped. The body is passed on as it is, 2 MiB at most; pointers find something in JSON only. With a secret, the message must be signed: X-Hub-Signature-256, or the headers of Standard Webhooks, within 5 minutes. The same X-GitHub-Delivery or webhook-id again gives the first answer. 60 messages a minute.
   * @throws {ApiError} TRIGGER_SIGNATURE_INVALID, RESOURCE_NOT_FOUND, QUEUE_FULL
   */
  fire(triggerId: string, file: FileBody, options?: RequestOptions): Promise<TriggerAnswer> {
    return this.api.call({
      method: 'POST',
      path: '/triggers/{triggerId}',
      parameters: { triggerId },
      file,
      isPublic: true,
      options,
    });
  }

  /**
   * Delete a trigger.
   * With the log of its deliveries. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_ARCHIVED
   */
  delete(triggerId: string, options?: RequestOptions): Promise<TriggersDeleteResult> {
    return this.api.call({
      method: 'DELETE',
      path: '/triggers/{triggerId}',
      parameters: { triggerId },
      options,
    });
  }

  /**
   * List what reached a trigger.
   * The latest first, with what became of each: fired, skipped or refused, and why. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listDeliveries(
    triggerId: string,
    query?: TriggersListDeliveriesQuery,
    options?: RequestOptions,
  ): Listing<TriggerDeliveryPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/triggers/{triggerId}/deliveries', parameters: { triggerId }, query, options },
      'items',
    );
  }

  /**
   * Give a trigger another URL.
   * The URL of before opens nothing any more. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED
   */
  rotate(triggerId: string, options?: RequestOptions): Promise<Trigger> {
    return this.api.call({
      method: 'POST',
      path: '/triggers/{triggerId}/rotate',
      parameters: { triggerId },
      keep: ['inputs_from', 'match'],
      options,
    });
  }
}
