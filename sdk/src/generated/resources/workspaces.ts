// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { Workspaces } from '../types.js';

/** The installations that this one knows of: itself */
export class WorkspacesResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the workspaces.
   * There is one: this installation. Scopes, one of: `tasks.read`, `tasks.write`, `projects.read`, `projects.write`, `execute`, `webhooks.manage`, `profile.write`, `tokens.manage`, `admin`.
   */
  list(options?: RequestOptions): Promise<Workspaces> {
    return this.api.call({ method: 'GET', path: '/workspaces', keep: ['settings'], options });
  }
}
