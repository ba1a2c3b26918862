// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  Claim,
  ClaimHeartbeat,
  ClaimNext,
  CompleteClaim,
  FailClaim,
  ReleaseClaim,
  RenewedClaim,
  Task,
} from '../types.js';

/** Claims: who works on a task, alone and for as long as they say so */
export class ClaimsResource {
  constructor(protected readonly api: Api) {}

  /**
   * Claim the next task.
   * The most urgent, oldest task of a project, or of the backlog of an agent, that is open: pending, not blocked, waiting for no dependency and not assigned to somebody else. An agent that names neither works on its own backlog. The task is running then and yours until the lease passes or you end the claim; nobody else can claim or run it. 204 when there is nothing to do, with `wait_seconds` after that time. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED
   */
  claimNext(body?: ClaimNext, options?: RequestOptions): Promise<Claim | undefined> {
    return this.api.call({
      method: 'POST',
      path: '/claims',
      body,
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Complete the task of a claim.
   * With what the work came to. What waits for the task may begin. Where the tasks of the project take all that they may, there is no room for a result (409). Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, TASK_ALREADY_RUNNING, CLAIM_LOST, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  complete(claimId: string, body: CompleteClaim, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/claims/{claimId}/complete',
      parameters: { claimId },
      body,
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Fail the task of a claim.
   * The task has failed, with the reason as its result; with `retry` it is open again instead. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, TASK_ALREADY_RUNNING, CLAIM_LOST, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  fail(claimId: string, body: FailClaim, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/claims/{claimId}/fail',
      parameters: { claimId },
      body,
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Renew a claim.
   * The lease begins anew. A claim that has lapsed cannot be renewed. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, CLAIM_LOST, PROJECT_ARCHIVED
   */
  renew(claimId: string, body: ClaimHeartbeat, options?: RequestOptions): Promise<RenewedClaim> {
    return this.api.call({
      method: 'POST',
      path: '/claims/{claimId}/heartbeat',
      parameters: { claimId },
      body,
      options,
    });
  }

  /**
   * Give a task back.
   * The task is open again, and assigned to nobody unless it was assigned to you before. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, TASK_ALREADY_RUNNING, CLAIM_LOST, PROJECT_ARCHIVED
   */
  release(claimId: string, body: ReleaseClaim, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/claims/{claimId}/release',
      parameters: { claimId },
      body,
      keep: ['environment', 'metadata'],
      options,
    });
  }
}
