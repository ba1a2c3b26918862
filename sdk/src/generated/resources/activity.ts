// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { ActivityListQuery, ActivityPage } from '../types.js';

/** Who did what, and the audit log */
export class ActivityResource {
  constructor(protected readonly api: Api) {}

  /**
   * List who did what.
   * The latest first: every change in the projects that you may see. Administrators see everything, which is the audit log: sign-ins, tokens, users and settings, too. Scopes, one of: `tasks.read`, `tasks.write`, `projects.read`, `projects.write`, `execute`, `webhooks.manage`, `profile.write`, `tokens.manage`, `admin`.
   * @throws {ApiError} PROJECT_NOT_FOUND
   */
  list(query?: ActivityListQuery, options?: RequestOptions): Promise<ActivityPage> {
    return this.api.call({
      method: 'GET',
      path: '/activity',
      query,
      keep: ['new_value', 'old_value'],
      options,
    });
  }
}
