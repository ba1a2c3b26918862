import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { addUsage, readUsage } from '../executions/output-usage.queries.js';
import { refuseFullStorage } from '../executions/project-rules.js';
import { PageWindow, type Page } from '../http/pagination.js';
import { countRows, Database, type Queryable, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { checkPermission, ProjectAccess } from '../projects/project-access.js';
import { deleteFile } from '../tasks/attached-files.js';
import { recordTaskChange } from '../tasks/task-activity.js';
import type { Attachment } from './attachment.entity.js';
import { requireTarget, sizeOf, storeContent, type Target } from './attachments.queries.js';
import {
  mostAttached,
  toAttachment,
  type AttachmentListQuery,
  type AttachmentView,
  type CreateAttachment,
  type Link,
} from './attachments.schema.js';

type Row = Attachment & Record<string, unknown>;

@Injectable()
export class AttachmentsService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly projects: ProjectAccess,
    private readonly activity: ActivityLog,
  ) {}

  /** Lists what is attached to something. @throws TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_NOT_FOUND */
  async list(
    actor: Actor,
    link: Link,
    query: AttachmentListQuery,
    url: string,
  ): Promise<Page<AttachmentView>> {
    const { id } = await requireTarget(this.database, this.projects, actor, link, 'read');
    const window = new PageWindow(query, url, [['a.id', 'id']]);
    const values: unknown[] = [id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const from = 'FROM attachments a WHERE a.linked_id = $1';
    const total = window.total ?? (await countRows(this.database, from, [...values]));
    const rows = await this.database.query<Row>(
      `SELECT a.* ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, toAttachment);
  }

  /** Shows an attachment. @throws RESOURCE_NOT_FOUND */
  async get(actor: Actor, id: string): Promise<AttachmentView> {
    return toAttachment((await this.require(this.database, actor, id)).row);
  }

  /**
   * Attaches a file or a link.
   * @throws TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, RESOURCE_LIMIT_EXCEEDED,
   * PROJECT_LIMIT_EXCEEDED
   */
  create(actor: Actor, { link, name, url, file }: CreateAttachment): Promise<AttachmentView> {
    return this.heavy.write(actor, (now) =>
      this.database.transaction(async (tx) => {
        const id = newId();
        const size = sizeOf(file, name, url);
        if (file) {
          await this.refuseFull(tx, await requireTarget(tx, this.projects, now, link, 'write'), size);
          // before the lock, for which others wait
          await storeContent(tx, id, file);
        }
        const target = await requireTarget(tx, this.projects, now, link, 'write', true);
        await this.refuseFull(tx, target, size);
        const [row] = await tx.query<Row>(
          `INSERT INTO attachments (id, linked_type, linked_id, project_id, name, url, media_type, size, sha256, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *`,
          [
            id,
            link.linked_type,
            target.id,
            target.project_id,
            name,
            url,
            file?.mediaType ?? null,
            size,
            file?.sha256 ?? null,
            now.id,
          ],
        );
        await addUsage(tx, target.project_id, size);
        this.record(tx, now, target, row!, 'added');
        return toAttachment(row!);
      }),
    );
  }

  /**
   * Removes an attachment: one's own, or any as an owner of the project.
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED
   */
  async remove(actor: Actor, id: string): Promise<{ message: string; deleted_at: string }> {
    return this.database.transaction(async (tx) => {
      const { row, target } = await this.require(tx, actor, id, true);
      const { project_id, project_status: status, access } = target;
      const project = { id: project_id, status, access };
      checkPermission(project, 'write');
      if (row.created_by !== actor.id) checkPermission(project, 'own');
      // somebody else may have been quicker
      if (!(await deleteFile(tx, id))) throw notFound(id);
      this.record(tx, actor, target, row, 'removed');
      return { message: 'Attachment deleted successfully', deleted_at: toInstant(new Date()) };
    });
  }

  /** @throws RESOURCE_LIMIT_EXCEEDED, PROJECT_LIMIT_EXCEEDED */
  private async refuseFull(
    tx: Transaction,
    { id, project_id, resource_limits }: Target,
    bytes: number,
  ): Promise<void> {
    const [row] = await tx.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM (SELECT 1 FROM attachments WHERE linked_id = $1 LIMIT $2) AS counted',
      [id, mostAttached],
    );
    if (row!.n >= mostAttached)
      throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: 'attachments', value: mostAttached });
    const stored = await readUsage(tx, project_id);
    refuseFullStorage({ id: project_id, resource_limits }, stored + bytes, Infinity);
  }

  private async require(
    db: Queryable,
    actor: Actor,
    id: string,
    lock = false,
  ): Promise<{ row: Attachment; target: Target }> {
    const [row] = await db.query<Row>('SELECT * FROM attachments WHERE id = $1', [id]);
    if (!row) throw notFound(id);
    const { linked_type, linked_id } = row;
    const link = { linked_type, linked_id };
    const target = await requireTarget(db, this.projects, actor, link, 'read', lock).catch(
      (error: unknown) => {
        throw error instanceof AppError && error.status === 404 ? notFound(id) : error;
      },
    );
    return { row, target };
  }

  private record(
    tx: Transaction,
    actor: Actor,
    { task, project_id }: Target,
    { id, name, url, size }: Attachment,
    what: 'added' | 'removed',
  ): void {
    const value = { attachment_id: id, name, ...(url === null ? { size } : { url }) };
    const change = { [what === 'added' ? 'newValue' : 'oldValue']: value };
    if (task === null) {
      const entry = {
        actor,
        action: what,
        entityType: 'attachment',
        entityId: id,
        projectId: project_id,
      } as const;
      this.activity.record(tx, { ...entry, ...change });
      return;
    }
    const { title, status } = task;
    const data = { task_id: task.id, project_id, title, status, changes: ['attachments'] };
    const entry = { actor, action: `attachment_${what}`, ...change };
    recordTaskChange(
      this.activity,
      tx,
      { ...task, project_id },
      { ...entry, event: { name: 'task.updated', data } },
    );
  }
}

const notFound = (id: string) => new AppError('RESOURCE_NOT_FOUND', { attachment_id: id });
