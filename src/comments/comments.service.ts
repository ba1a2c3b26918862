import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { PageWindow, type Page } from '../http/pagination.js';
import { checkVersion } from '../http/request.js';
import { countRows, Database, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { recordTaskChange } from '../tasks/task-activity.js';
import { requireTask, type AccessibleTask } from '../tasks/tasks.queries.js';
import { addToTask, commentColumns, findComment, mentionable, renewInTask } from './comments.queries.js';
import {
  mostComments,
  toComment,
  type CommentListQuery,
  type CommentRow,
  type CommentView,
  type CreateComment,
  type UpdateComment,
} from './comments.schema.js';
import { mentionedNames } from './mentions.js';

@Injectable()
export class CommentsService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly activity: ActivityLog,
  ) {}

  /** Lists the comments of a task. @throws TASK_NOT_FOUND */
  async list(actor: Actor, name: string, query: CommentListQuery, url: string): Promise<Page<CommentView>> {
    const { id } = await requireTask(this.database, actor, name, 'read');
    const window = new PageWindow(query, url, [['c.id', 'id']]);
    const values: unknown[] = [id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const from = 'FROM comments c WHERE c.task_id = $1';
    const total = window.total ?? (await countRows(this.database, from, [...values]));
    const rows = await this.database.query<CommentRow & Record<string, unknown>>(
      `SELECT ${commentColumns} ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, toComment);
  }

  /** Shows a comment. @throws TASK_NOT_FOUND, RESOURCE_NOT_FOUND */
  async get(actor: Actor, name: string, commentId: string): Promise<CommentView> {
    const { id } = await requireTask(this.database, actor, name, 'read');
    const comment = await findComment(this.database, id, commentId);
    if (!comment) throw missing(commentId);
    return toComment(comment);
  }

  /**
   * Comments on a task, an archived one too.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, RESOURCE_LIMIT_EXCEEDED for one comment too many, PROJECT_LIMIT_EXCEEDED
   */
  async create(actor: Actor, name: string, { body }: CreateComment): Promise<CommentView> {
    return this.database.transaction(async (tx) => {
      const task = await requireTask(tx, actor, name, 'write', { lock: true });
      if ((await countRows(tx, 'FROM comments WHERE task_id = $1', [task.id])) >= mostComments)
        throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: 'comments', value: mostComments });
      const id = newId();
      const mentions = await mentionable(tx, mentionedNames(body), task.project_id);
      await tx.query(
        'INSERT INTO comments (id, task_id, author_id, body, mentions) VALUES ($1, $2, $3, $4, $5)',
        [id, task.id, actor.id, body, mentions.map(({ user_id }) => user_id)],
      );
      await addToTask(tx, task.id, body);
      this.record(tx, actor, task, 'commented', id, body);
      return toComment((await findComment(tx, task.id, id))!);
    });
  }

  /**
   * Changes one's own comment.
   * @throws TASK_NOT_FOUND, RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED for that of somebody else, PROJECT_ARCHIVED, VERSION_CONFLICT
   */
  async update(
    actor: Actor,
    name: string,
    commentId: string,
    { body, version }: UpdateComment,
    ifMatch?: number,
  ): Promise<CommentView> {
    return this.change(actor, name, async (tx, task) => {
      const comment = await findComment(tx, task.id, commentId);
      if (!comment) throw missing(commentId);
      if (comment.author_id !== actor.id)
        throw new AppError('PROJECT_ACCESS_DENIED', { comment_id: commentId, required: 'author' });
      checkVersion(comment.version, version, ifMatch);
      if (body === comment.body) return toComment(comment);
      const mentions = await mentionable(tx, mentionedNames(body), task.project_id);
      await tx.query(
        'UPDATE comments SET body = $2, mentions = $3, updated_at = now(), version = version + 1 WHERE id = $1',
        [commentId, body, mentions.map(({ user_id }) => user_id)],
      );
      await renewInTask(tx, task.id, body);
      this.record(tx, actor, task, 'comment_changed', commentId);
      return toComment((await findComment(tx, task.id, commentId))!);
    });
  }

  /**
   * Deletes one's own comment, or any as an owner of the project or an administrator.
   * @throws TASK_NOT_FOUND, RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED
   */
  async remove(
    actor: Actor,
    name: string,
    commentId: string,
  ): Promise<{ message: string; deleted_at: string }> {
    return this.change(actor, name, async (tx, task) => {
      const comment = await findComment(tx, task.id, commentId);
      if (!comment) throw missing(commentId);
      if (comment.author_id !== actor.id && task.access !== 'owner')
        throw new AppError('PROJECT_ACCESS_DENIED', { comment_id: commentId, required: 'author' });
      await tx.query('DELETE FROM comments WHERE id = $1', [commentId]);
      await renewInTask(tx, task.id);
      this.record(tx, actor, task, 'comment_deleted', commentId);
      return { message: 'Comment deleted successfully', deleted_at: toInstant(new Date()) };
    });
  }

  /** Runs a change after which the words of the task are made anew, which may take a while, on the locked task. */
  private change<T>(
    actor: Actor,
    name: string,
    work: (tx: Transaction, task: AccessibleTask) => Promise<T>,
  ): Promise<T> {
    return this.heavy.write(actor, (now) =>
      this.database.transaction(async (tx) =>
        work(tx, await requireTask(tx, now, name, 'write', { lock: true })),
      ),
    );
  }

  private record(
    tx: Transaction,
    actor: Actor,
    task: AccessibleTask,
    action: 'commented' | 'comment_changed' | 'comment_deleted',
    commentId: string,
    body?: string,
  ): void {
    const { id, project_id, title, status } = task;
    const data = { task_id: id, project_id, title, status, comment_id: commentId, author_id: actor.id, body };
    recordTaskChange(this.activity, tx, task, {
      actor,
      action,
      newValue: { comment_id: commentId },
      event: body === undefined ? undefined : { name: 'task.commented', data },
    });
  }
}

const missing = (commentId: string) => new AppError('RESOURCE_NOT_FOUND', { comment_id: commentId });
