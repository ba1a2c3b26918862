// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { UpdateWorkspace, Workspace } from '../types.js';

/** The installation: its name and settings */
export class WorkspaceResource {
  constructor(protected readonly api: Api) {}

  /**
   * Show the workspace.
   * The name and the settings of this installation. Scopes, one of: `tasks.read`, `tasks.write`, `projects.read`, `projects.write`, `execute`, `webhooks.manage`, `profile.write`, `tokens.manage`, `admin`.
   */
  get(options?: RequestOptions): Promise<Workspace> {
    return this.api.call({ method: 'GET', path: '/workspace', keep: ['settings'], options });
  }

  /**
   * Change the workspace.
   * Only the given fields are changed. Scopes, one of: `admin`.
   * @throws {ApiError} VERSION_CONFLICT
   */
  update(body: UpdateWorkspace, options?: RequestOptions): Promise<Workspace> {
    return this.api.call({ method: 'PUT', path: '/workspace', body, keep: ['settings'], options });
  }
}
