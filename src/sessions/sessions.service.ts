import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { PageWindow } from '../http/pagination.js';
import type { Actor } from '../common/permissions.js';
import { checkVersion } from '../http/request.js';
import { countRows, Database } from '../infra/database.js';
import { lockCount } from '../infra/count-lock.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { ProjectAccess } from '../projects/project-access.js';
import { SessionTouch } from './session-touch.js';
import {
  inStatus,
  lifetime,
  requireSession,
  sessionColumns,
  sessionTables,
  writeSettings,
} from './sessions.queries.js';
import {
  maxSettingsBytes,
  toSession,
  toSummary,
  type CreateSession,
  type SessionListQuery,
  type SessionPage,
  type SessionRow,
  type SessionView,
  type UpdateSession,
} from './sessions.schema.js';

/** The most active sessions of a user. */
const mostActive = 50;
/** The most changes of a session; each is stored with the settings before and after it, so that any moment can be restored. */
const mostVersions = 1_000;

@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly projects: ProjectAccess,
    private readonly activity: ActivityLog,
    private readonly touch: SessionTouch,
  ) {}

  /**
   * Opens a session of the actor.
   * @throws PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED when the actor has 50 active sessions
   */
  async create(actor: Actor, input: CreateSession): Promise<SessionView> {
    const project =
      input.project_id === null ? null : await this.projects.require(actor, input.project_id, 'read');
    const id = newId();
    const project_id = project?.id ?? null;
    await this.database.transaction(async (tx) => {
      const counting = lockCount(tx, 'work sessions', actor.id);
      const inserting = tx.query(
        `INSERT INTO sessions (id, user_id, project_id, settings, expires_at)
         SELECT $1, $2, $3, $4, now() + ${lifetime}
          WHERE (SELECT count(*) FROM sessions s WHERE s.user_id = $2 AND ${inStatus.active}) < $5
         RETURNING id`,
        [id, actor.id, project_id, input.settings, mostActive],
      );
      const [, made] = await Promise.all([counting, inserting]);
      if (made.length === 0)
        throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: mostActive, resource: 'sessions' });
      const newValue = { project_id, settings: input.settings };
      this.record(tx, actor, { id, project_id }, { action: 'created', newValue });
    });
    return toSession(await requireSession(this.database, actor, id, 'read'));
  }

  /**
   * Lists a page of the actor's own sessions, or for administrators of those of another user.
   * @throws PROJECT_NOT_FOUND, AUTH_INSUFFICIENT_PERMISSIONS
   */
  async list(actor: Actor, query: SessionListQuery, url: string): Promise<SessionPage> {
    const userId = query.user_id ?? actor.id;
    if (userId !== actor.id && actor.role !== 'admin') throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS');
    const window = new PageWindow(query, url, [
      ['s.created_at', 'instant'],
      ['s.id', 'id'],
    ]);
    const values: unknown[] = [actor.id, actor.role === 'admin', userId];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['s.user_id = $3', query.status ? inStatus[query.status] : 's.deleted_at IS NULL'];
    if (query.project_id !== undefined) {
      const { id } = await this.projects.require(actor, query.project_id, 'read');
      conditions.push(`s.project_id = ${bind(id)}`);
    }
    const filters = [...values];
    const from = `FROM ${sessionTables} WHERE ${conditions.join(' AND ')}`;
    const { items: sessions, ...paging } = await this.heavy.read(actor, async (tx) => {
      const total =
        window.total ?? (await countRows(tx, `FROM (SELECT ${sessionColumns} ${from}) AS s`, filters));
      const rows = await tx.query<SessionRow>(
        `SELECT ${sessionColumns} ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
        values,
      );
      return window.toPage(rows, total, toSummary);
    });
    return { sessions, ...paging };
  }

  /** Loads a session; for its owner this counts as an access. @throws RESOURCE_NOT_FOUND */
  async get(actor: Actor, id: string): Promise<SessionView> {
    const session = await requireSession(this.database, actor, id, 'read');
    if (session.user_id === actor.id) this.touch.note(actor.id, id);
    return toSession(session);
  }

  /**
   * Merges settings into those of a session. An expired session can be changed, too, and stays expired.
   * @throws RESOURCE_NOT_FOUND, AUTH_INSUFFICIENT_PERMISSIONS, VERSION_CONFLICT, VALIDATION_VALUE_TOO_LONG,
   * RESOURCE_LIMIT_EXCEEDED after 1,000 changes
   */
  async update(actor: Actor, id: string, input: UpdateSession, ifMatch?: number): Promise<SessionView> {
    await this.database.transaction(async (tx) => {
      const session = await requireSession(tx, actor, id, 'write');
      checkVersion(session.version, input.version, ifMatch);
      if (session.version >= mostVersions)
        throw new AppError('RESOURCE_LIMIT_EXCEEDED', {
          limit: mostVersions,
          resource: 'changes of a session',
        });
      const settings = { ...session.settings, ...input.settings };
      const size = JSON.stringify(settings).length;
      // settings from the time of a higher limit may still be changed as long as they get smaller
      if (size > maxSettingsBytes && size > JSON.stringify(session.settings).length) {
        throw new AppError('VALIDATION_VALUE_TOO_LONG', {
          field: 'settings',
          issue: `Together more than ${maxSettingsBytes} bytes`,
        });
      }
      await writeSettings(tx, id, settings);
      // the settings are recorded as a whole, so that any moment can be restored from one row
      const values = { oldValue: { settings: session.settings }, newValue: { settings } };
      this.record(tx, actor, session, { action: 'updated', ...values });
    });
    return toSession(await requireSession(this.database, actor, id, 'read'));
  }

  /** Ends a session. @throws RESOURCE_NOT_FOUND, AUTH_INSUFFICIENT_PERMISSIONS */
  async remove(actor: Actor, id: string): Promise<{ message: string; deleted_at: string }> {
    return this.database.transaction(async (tx) => {
      const session = await requireSession(tx, actor, id, 'write');
      const [row] = await tx.query<{ deleted_at: Date }>(
        'UPDATE sessions SET deleted_at = now(), version = version + 1 WHERE id = $1 RETURNING deleted_at',
        [id],
      );
      this.record(tx, actor, session, { action: 'deleted' });
      return { message: 'Session deleted successfully', deleted_at: toInstant(row!.deleted_at) };
    });
  }

  /** Records a change of a session in its own history, whichever session the request names in its header. */
  private record(
    tx: Parameters<ActivityLog['record']>[0],
    actor: Actor,
    { id, project_id }: Pick<SessionRow, 'id' | 'project_id'>,
    what: { action: string; oldValue?: unknown; newValue?: unknown },
  ): void {
    const entry = { entityType: 'session', entityId: id, projectId: project_id, ...what } as const;
    this.activity.record(tx, { actor: { ...actor, sessionId: id }, ...entry });
  }
}
