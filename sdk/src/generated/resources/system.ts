// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { AnnounceMaintenance, Maintenance, SystemInfo } from '../types.js';

/** Version, limits and maintenance */
export class SystemResource {
  constructor(protected readonly api: Api) {}

  /**
   * Show version, features and limits.
   * Returns the features and limits of this installation, for clients that adapt to it. Scopes, one of: `tasks.read`, `tasks.write`, `projects.read`, `projects.write`, `execute`, `webhooks.manage`, `profile.write`, `tokens.manage`, `admin`.
   */
  info(options?: RequestOptions): Promise<SystemInfo> {
    return this.api.call({ method: 'GET', path: '/system/info', options });
  }

  /**
   * Show the announced maintenance.
   * Returns the current or next maintenance; null when there is none. Scopes, one of: `tasks.read`, `tasks.write`, `projects.read`, `projects.write`, `execute`, `webhooks.manage`, `profile.write`, `tokens.manage`, `admin`.
   */
  getMaintenance(options?: RequestOptions): Promise<Maintenance> {
    return this.api.call({ method: 'GET', path: '/system/maintenance', options });
  }

  /**
   * Announce maintenance.
   * During the maintenance no execution starts, and changes by users other than administrators are refused with SYSTEM_MAINTENANCE. Scopes, one of: `admin`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  announceMaintenance(body: AnnounceMaintenance, options?: RequestOptions): Promise<Maintenance> {
    return this.api.call({ method: 'POST', path: '/system/maintenance', body, options });
  }

  /**
   * End or cancel the maintenance.
   * Also cancels a maintenance that has not begun. Scopes, one of: `admin`.
   */
  endMaintenance(options?: RequestOptions): Promise<Maintenance> {
    return this.api.call({ method: 'DELETE', path: '/system/maintenance', options });
  }
}
