import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { may, type Actor } from '../common/permissions.js';
import { Database, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import type { Restore, RestoredSession, RestoredTasks } from './session-restore.schema.js';
import { requireSession, writeSettings } from './sessions.queries.js';
import { toSession, type SessionRow } from './sessions.schema.js';
import { since, type RestorePoint } from './task-restore.queries.js';
import { TaskRestore } from './task-restore.js';

@Injectable()
export class SessionRestoreService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly tasks: TaskRestore,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Restores a session's settings, and the tasks that it has changed, to their state at a point in time, in one transaction.
   * @throws RESOURCE_NOT_FOUND, VALIDATION_ERROR for a point before the session or in the future, RESOURCE_LIMIT_EXCEEDED,
   * AUTH_INSUFFICIENT_PERMISSIONS, PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED
   */
  async restore(actor: Actor, id: string, input: Restore): Promise<RestoredSession> {
    if (input.include_tasks && !may(actor, 'write'))
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: 'write' });
    const restore = async (tx: Transaction, now: Actor): Promise<RestoredSession> => {
      const session = await requireSession(tx, now, id, 'write');
      const point = pointOf(session, input.restore_point);
      const before = input.include_settings ? await settingsAt(tx, point) : undefined;
      const settings = before ?? session.settings;
      // the changes are recorded as made in the session, so that another restore can revert them
      const owner = { ...now, sessionId: id };
      const { tasks, drafts } = input.include_tasks ? await this.tasks.restore(tx, owner, point) : noTasks;
      await writeSettings(tx, id, settings);
      this.activity.record(tx, {
        actor: owner,
        entityType: 'session',
        entityId: id,
        projectId: session.project_id,
        action: 'restored',
        oldValue: before && { settings: session.settings },
        newValue: {
          restore_point: input.restore_point,
          ...(before && { settings }),
          tasks: tasks.restored.flatMap(({ task_id }) => (drafts.has(task_id) ? [] : [task_id])),
        },
      });
      const after = await requireSession(tx, now, id, 'read');
      return {
        ...toSession(after),
        restore_point: point.at.toISOString(),
        restored_at: new Date().toISOString(),
        settings_restored: before !== undefined,
        tasks,
      };
    };
    const required = input.include_tasks ? 'write' : 'read';
    return this.heavy.write(actor, (now) => this.database.transaction((tx) => restore(tx, now)), required);
  }
}

const noTasks: { tasks: RestoredTasks; drafts: ReadonlySet<string> } = {
  tasks: { restored: [], left: [] },
  drafts: new Set(),
};

function pointOf(session: SessionRow, text: string): RestorePoint {
  const at = new Date(text);
  const fault = (issue: string) => new AppError('VALIDATION_ERROR', { field: 'restore_point', issue });
  if (at < session.created_at) throw fault('The session did not exist yet');
  if (at.getTime() > Date.now()) throw fault('Lies in the future');
  const { id, user_id, project_id } = session;
  return { sessionId: id, userId: user_id, projectId: project_id, at, first: at <= session.created_at };
}

/** Reads the settings as they were before the first change after the restore point; undefined when there was no change. */
async function settingsAt(
  tx: Transaction,
  point: RestorePoint,
): Promise<Record<string, unknown> | undefined> {
  const [row] = await tx.query<{ settings: Record<string, unknown> }>(
    `SELECT a.old_value->'settings' AS settings FROM activity a
      WHERE a.entity_id = $1 AND a.entity_type = 'session' AND a.old_value ? 'settings' AND ${since('$2', '$3')}
      ORDER BY a.sequence LIMIT 1`,
    [point.sessionId, point.at, point.first],
  );
  return row?.settings;
}
