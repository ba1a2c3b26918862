// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  AddToBacklog,
  Backlog,
  BacklogSummary,
  BacklogTask,
  Backlogs,
  BacklogsGetQuery,
  BacklogsListQuery,
  ChangeInBacklog,
  DeletedFromBacklog,
} from '../types.js';

/** The backlogs of agents, in words of their own */
export class BacklogsResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the tasks of all agents.
   * Of those whose backlogs you may see; the most urgent first, and of these the oldest. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  list(query?: BacklogsListQuery, options?: RequestOptions): Listing<Backlogs, 'tasks'> {
    return this.api.list({ method: 'GET', path: '/backlogs', query, options }, 'tasks');
  }

  /**
   * List the backlog of an agent.
   * The most urgent tasks first, and of these the oldest. `total` counts all of them. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  get(agentId: string, query?: BacklogsGetQuery, options?: RequestOptions): Listing<Backlog, 'tasks'> {
    return this.api.list(
      { method: 'GET', path: '/backlogs/{agentId}', parameters: { agentId }, query, options },
      'tasks',
    );
  }

  /**
   * Add a task to the backlog of an agent.
   * Its id is made from the prefix of the agent, such as `MKT-002`. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  add(agentId: string, body: AddToBacklog, options?: RequestOptions): Promise<BacklogTask> {
    return this.api.call({
      method: 'POST',
      path: '/backlogs/{agentId}',
      parameters: { agentId },
      body,
      options,
    });
  }

  /**
   * Count the tasks of an agent.
   * A task that has failed counts as blocked: it needs somebody. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND
   */
  summary(agentId: string, options?: RequestOptions): Promise<BacklogSummary> {
    return this.api.call({
      method: 'GET',
      path: '/backlogs/{agentId}/summary',
      parameters: { agentId },
      options,
    });
  }

  /**
   * Delete a task of an agent for good.
   * For the owners of its project, and for the agent itself. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_IN_USE, PROJECT_ARCHIVED
   */
  delete(agentId: string, taskId: string, options?: RequestOptions): Promise<DeletedFromBacklog> {
    return this.api.call({
      method: 'DELETE',
      path: '/backlogs/{agentId}/{taskId}',
      parameters: { agentId, taskId },
      options,
    });
  }

  /**
   * Change a task of an agent.
   * Only the given fields are changed. `blocked` keeps the reason in `blocker`; any other status clears it. `result` goes with `complete`. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, PROJECT_NOT_FOUND, TASK_ALREADY_RUNNING, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  change(
    agentId: string,
    taskId: string,
    body: ChangeInBacklog,
    options?: RequestOptions,
  ): Promise<BacklogTask> {
    return this.api.call({
      method: 'PATCH',
      path: '/backlogs/{agentId}/{taskId}',
      parameters: { agentId, taskId },
      body,
      options,
    });
  }
}
