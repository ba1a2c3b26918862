// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  CreateSession,
  Deleted,
  RestoreSession,
  RestoredSession,
  Session,
  SessionHistory,
  SessionPage,
  SessionsHistoryQuery,
  SessionsListQuery,
  UpdateSession,
} from '../types.js';

/** Work sessions: settings, history, and the way back to an earlier state */
export class SessionsResource {
  constructor(protected readonly api: Api) {}

  /**
   * List your sessions.
   * Administrators may name another user with `user_id`. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  list(query?: SessionsListQuery, options?: RequestOptions): Listing<SessionPage, 'sessions'> {
    return this.api.list({ method: 'GET', path: '/sessions', query, options }, 'sessions');
  }

  /**
   * Open a work session.
   * Send its id as X-Session-ID with what you do in it. It lives for 2 hours after its last access. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT
   */
  create(body?: CreateSession, options?: RequestOptions): Promise<Session> {
    return this.api.call({ method: 'POST', path: '/sessions', body, keep: ['settings'], options });
  }

  /**
   * Show a session.
   * Only your own; administrators see all. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(sessionId: string, options?: RequestOptions): Promise<Session> {
    return this.api.call({
      method: 'GET',
      path: '/sessions/{sessionId}',
      parameters: { sessionId },
      keep: ['settings'],
      options,
    });
  }

  /**
   * Change the settings of a session.
   * They are merged into the present ones. Scopes, one of: `tasks.write`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, VERSION_CONFLICT
   */
  update(sessionId: string, body: UpdateSession, options?: RequestOptions): Promise<Session> {
    return this.api.call({
      method: 'PUT',
      path: '/sessions/{sessionId}',
      parameters: { sessionId },
      body,
      keep: ['settings'],
      options,
    });
  }

  /**
   * End a session.
   * Soft: what was done in it is kept, and the list shows it with `status=ended`. Scopes, one of: `tasks.write`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  delete(sessionId: string, options?: RequestOptions): Promise<Deleted> {
    return this.api.call({
      method: 'DELETE',
      path: '/sessions/{sessionId}',
      parameters: { sessionId },
      options,
    });
  }

  /**
   * Show what was done in a session.
   * Newest first. Only what its owner did counts, and what the system did in the sequel does not. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND, ANSWER_TOO_LARGE
   */
  history(
    sessionId: string,
    query?: SessionsHistoryQuery,
    options?: RequestOptions,
  ): Listing<SessionHistory, 'items'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/sessions/{sessionId}/history',
        parameters: { sessionId },
        query,
        keep: ['new_value', 'old_value'],
        options,
      },
      'items',
    );
  }

  /**
   * Go back to an earlier state of a session.
   * Gives back the settings as they were at that time and, with `include_tasks`, the fields of the project's tasks that this session has changed since, whoever changed them after it. The moment of creation gives the first state. Queued, running and deleted tasks are left and listed. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  restore(sessionId: string, body: RestoreSession, options?: RequestOptions): Promise<RestoredSession> {
    return this.api.call({
      method: 'POST',
      path: '/sessions/{sessionId}/restore',
      parameters: { sessionId },
      body,
      keep: ['settings'],
      options,
    });
  }
}
