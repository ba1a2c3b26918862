// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { CreateLabel, Label, LabelPage, LabelsListQuery, UpdateLabel } from '../types.js';

/** The catalogue of the labels that tasks and projects have */
export class LabelsResource {
  constructor(protected readonly api: Api) {}

  /**
   * List labels.
   * The catalogue of the projects that you may see and of the whole installation, the newest first. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  list(query?: LabelsListQuery, options?: RequestOptions): Listing<LabelPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/labels', query, options }, 'items');
  }

  /**
   * Create a label.
   * Owners and developers keep the labels of a project, administrators those of the whole installation. A label is also made when its name is first attached to a task. One that was archived comes back. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_ALREADY_EXISTS, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED
   */
  create(body: CreateLabel, options?: RequestOptions): Promise<Label> {
    return this.api.call({ method: 'POST', path: '/labels', body, options });
  }

  /**
   * Show a label.
   * Returns a label of the catalogue. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(labelId: string, options?: RequestOptions): Promise<Label> {
    return this.api.call({ method: 'GET', path: '/labels/{labelId}', parameters: { labelId }, options });
  }

  /**
   * Change a label.
   * A new name is written to every task that has the old one, which takes a while when they are many. `archived` takes it out of the catalogue or brings it back. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, RESOURCE_ALREADY_EXISTS, VERSION_CONFLICT, PROJECT_ARCHIVED
   */
  update(labelId: string, body: UpdateLabel, options?: RequestOptions): Promise<Label> {
    return this.api.call({
      method: 'PUT',
      path: '/labels/{labelId}',
      parameters: { labelId },
      body,
      options,
    });
  }

  /**
   * Archive a label.
   * It is offered no more, and stays on the tasks that have it. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_ARCHIVED
   */
  delete(labelId: string, options?: RequestOptions): Promise<Label> {
    return this.api.call({ method: 'DELETE', path: '/labels/{labelId}', parameters: { labelId }, options });
  }
}
