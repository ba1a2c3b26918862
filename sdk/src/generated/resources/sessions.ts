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

/** Work sessions: settings, history and restoring an earlier state */
export class SessionsResource {
  constructor(protected readonly api: Api) {}

  /**
   * List your sessions.
   * Lists your work sessions; administrators can select another user with `user_id`. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  list(query?: SessionsListQuery, options?: RequestOptions): Listing<SessionPage, 'sessions'> {
    return this.api.list({ method: 'GET', path: '/sessions', query, options }, 'sessions');
  }

  /**
   * Open a work session.
   * Send its id as X-Session-ID with the requests of the session. It expires 2 hours after its last access. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT
   */
  create(body?: CreateSession, options?: RequestOptions): Promise<Session> {
    return this.api.call({ method: 'POST', path: '/sessions', body, keep: ['settings'], options });
  }

  /**
   * Show a session.
   * Returns one of your own sessions; administrators see all. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
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
   * The given fields are merged into the current ones. Scopes, one of: `tasks.write`.
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
   * The deletion is soft: its history is kept, and the list shows it with `status=ended`. Scopes, one of: `tasks.write`.
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
   * Show the history of a session.
   * Lists the actions of the owner of the session, newest first, without consequential actions of the system. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
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
   * Restore an earlier state of a session.
   * Restores the settings of that time and, with `include_tasks`, the fields of the project's tasks that this session has changed since, even if other users changed them later. The time of creation restores the first state. Queued, running and deleted tasks are not restored, but listed. Scopes, one of: `tasks.write`.
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
