// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { EventsFollowQuery } from '../types.js';

/** The activity as it happens, as server-sent events */
export class EventsResource {
  constructor(protected readonly api: Api) {}

  /**
   * Follow who does what.
   * Server-sent events, one for each change in the projects that you may see, or in one of them; administrators hear of everything. The `id` is the `sequence` of the activity, so `Last-Event-ID` resumes without a gap. A comment comes every 15 s. The stream ends with the right to it, with an event `error`. Scopes, one of: `tasks.read`, `tasks.write`, `projects.read`, `projects.write`, `execute`, `webhooks.manage`, `profile.write`, `tokens.manage`, `admin`.
   * The answer is given as it comes: read its `body`, or all of it with `text()`.
   * @throws {ApiError} PROJECT_NOT_FOUND
   */
  follow(query?: EventsFollowQuery, options?: RequestOptions): Promise<Response> {
    return this.api.raw({ method: 'GET', path: '/events', query, options });
  }
}
