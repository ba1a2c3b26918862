import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { toInstant } from '../common/fields.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { mergeSettings } from '../common/settings.js';
import { checkVersion } from '../http/request.js';
import { Database, type Queryable } from '../infra/database.js';
import { confirmActor } from '../users/actor.queries.js';
import type { UpdateWorkspace, WorkspaceView } from './workspace.schema.js';

type Stored = Omit<WorkspaceView, 'updated_at'>;

/** The workspace is the whole installation: a second one is a second installation. */
@Injectable()
export class WorkspaceService {
  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
  ) {}

  get(): Promise<WorkspaceView> {
    return this.read(this.database);
  }

  /**
   * Changes the workspace; settings are merged into the current ones.
   * @throws VERSION_CONFLICT, VALIDATION_ERROR for settings that have become too large, AUTH_INSUFFICIENT_PERMISSIONS
   */
  async update(actor: Actor, input: UpdateWorkspace, ifMatch?: number): Promise<WorkspaceView> {
    const { version, ...changes } = input;
    return this.database.transaction(async (tx) => {
      await confirmActor(tx, actor, 'admin');
      const before = await this.read(tx, 'FOR UPDATE');
      checkVersion(before.version, version, ifMatch);
      const { updated_at: _, ...stored } = {
        ...before,
        ...changes,
        settings: mergeSettings(before.settings, changes.settings),
        version: before.version + 1,
      };
      await tx.query("UPDATE system_settings SET value = $1, updated_at = now() WHERE name = 'workspace'", [
        stored,
      ]);
      const keys = Object.keys(changes) as (keyof typeof changes)[];
      this.activity.record(tx, {
        actor,
        entityType: 'system',
        entityId: before.id,
        action: 'workspace_updated',
        oldValue: Object.fromEntries(keys.map((key) => [key, before[key]])),
        newValue: Object.fromEntries(keys.map((key) => [key, stored[key]])),
      });
      return this.read(tx);
    });
  }

  /** Reads the workspace, which is stored when it is first read. @param lock the locking clause, if it is to be locked */
  private async read(db: Queryable, lock: 'FOR UPDATE' | '' = ''): Promise<WorkspaceView> {
    for (;;) {
      const [row] = await db.query<{ value: Stored; updated_at: Date }>(
        `SELECT value, updated_at FROM system_settings WHERE name = 'workspace' ${lock}`,
      );
      if (row) return { ...row.value, updated_at: toInstant(row.updated_at) };
      const created: Stored = {
        id: newId(),
        name: 'Millrace',
        slug: 'millrace',
        description: '',
        settings: {},
        created_at: new Date().toISOString(),
        version: 1,
      };
      await db.query(
        "INSERT INTO system_settings (name, value) VALUES ('workspace', $1) ON CONFLICT (name) DO NOTHING",
        [created],
      );
    }
  }
}
