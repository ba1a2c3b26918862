// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { AnnounceMaintenance, DoctorFix, DoctorReport, Maintenance, SystemInfo } from '../types.js';

/** Version, limits, maintenance and the check of the installation */
export class SystemResource {
  constructor(protected readonly api: Api) {}

  /**
   * Check the installation.
   * Compares kept counts with what is there, and looks at the search index, the queue, leases, orphans, migrations, the clock and the disk. Changes nothing, takes up to half a minute, and only one can be at work at a time. A check that takes too long is `skipped`. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_IN_USE
   */
  doctor(options?: RequestOptions): Promise<DoctorReport> {
    return this.api.call({ method: 'GET', path: '/system/doctor', keep: ['details'], options });
  }

  /**
   * Mend what the checks find.
   * Mends what is safe to mend while others work, records it in the activity, and checks again. Works for up to a minute; what is left then is mended by the next call. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_IN_USE, IDEMPOTENCY_CONFLICT
   */
  doctorFix(options?: RequestOptions): Promise<DoctorFix> {
    return this.api.call({ method: 'POST', path: '/system/doctor/fix', keep: ['details'], options });
  }

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
