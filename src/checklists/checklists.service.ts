import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { checkVersion } from '../http/request.js';
import { Database, type Queryable, type Transaction } from '../infra/database.js';
import { recordTaskChange } from '../tasks/task-activity.js';
import { requireTask, type AccessibleTask } from '../tasks/tasks.queries.js';
import type { ChecklistItem } from './checklist-item.entity.js';
import {
  mostItems,
  toItem,
  type ChecklistView,
  type CreateItem,
  type ItemView,
  type UpdateItem,
} from './checklists.schema.js';

type Row = ChecklistItem & Record<string, unknown>;

@Injectable()
export class ChecklistsService {
  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
  ) {}

  /** Shows the checklist of a task in its order. @throws TASK_NOT_FOUND */
  async show(actor: Actor, name: string): Promise<ChecklistView> {
    const { id } = await requireTask(this.database, actor, name, 'read');
    const items = (await itemsOf(this.database, id)).map(toItem);
    return { task_id: id, total: items.length, done: items.filter(({ done }) => done).length, items };
  }

  /**
   * Adds an item, at the end unless a position is given.
   * @throws TASK_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, RESOURCE_LIMIT_EXCEEDED for one item too many, PROJECT_LIMIT_EXCEEDED
   */
  async add(actor: Actor, name: string, { text, done, position }: CreateItem): Promise<ItemView> {
    return this.change(actor, name, async (tx, task) => {
      const items = await itemsOf(tx, task.id);
      if (items.length >= mostItems)
        throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: 'checklist_items', value: mostItems });
      const at = Math.min(position ?? items.length, items.length);
      await tx.query(
        'UPDATE checklist_items SET position = position + 1 WHERE task_id = $1 AND position >= $2',
        [task.id, at],
      );
      const [row] = await tx.query<Row>(
        `INSERT INTO checklist_items (id, task_id, text, position, done_at, done_by)
         VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN now() END, CASE WHEN $5 THEN $6::uuid END) RETURNING *`,
        [newId(), task.id, text, at, done, actor.id],
      );
      await keepCounts(tx, task.id, text);
      this.record(tx, actor, task, 'checklist_item_added', undefined, { item_id: row!.id, text, done });
      return toItem(row!);
    });
  }

  /**
   * Changes the text of an item, whether it is done, or its place.
   * @throws TASK_NOT_FOUND, RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, VERSION_CONFLICT, PROJECT_LIMIT_EXCEEDED
   */
  async update(
    actor: Actor,
    name: string,
    itemId: string,
    { version, ...changes }: UpdateItem,
    ifMatch?: number,
  ): Promise<ItemView> {
    return this.change(actor, name, async (tx, task) => {
      const items = await itemsOf(tx, task.id);
      const before = itemIn(items, itemId);
      checkVersion(before.version, version, ifMatch);
      const to = Math.min(changes.position ?? before.position, items.length - 1);
      if (to !== before.position)
        await tx.query(
          `UPDATE checklist_items SET position = position + CASE WHEN $2::int < $3::int THEN -1 ELSE 1 END
            WHERE task_id = $1 AND id <> $4 AND position BETWEEN least($2::int, $3::int) AND greatest($2::int, $3::int)`,
          [task.id, before.position, to, itemId],
        );
      // an item that is done already stays done by whoever did it
      const [row] = await tx.query<Row>(
        `UPDATE checklist_items SET text = $2, position = $3,
                done_at = CASE WHEN $4 THEN coalesce(done_at, now()) END,
                done_by = CASE WHEN $4 THEN CASE WHEN done_at IS NULL THEN $5::uuid ELSE done_by END END, version = version + 1
          WHERE id = $1 RETURNING *`,
        [itemId, changes.text ?? before.text, to, changes.done ?? before.done_at !== null, actor.id],
      );
      await keepCounts(tx, task.id, changes.text);
      const shown = ({ text, done, position }: ItemView) => ({ item_id: itemId, text, done, position });
      this.record(tx, actor, task, 'checklist_item_changed', shown(toItem(before)), shown(toItem(row!)));
      return toItem(row!);
    });
  }

  /** Removes an item. @throws TASK_NOT_FOUND, RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED */
  async remove(actor: Actor, name: string, itemId: string): Promise<ItemView> {
    return this.change(actor, name, async (tx, task) => {
      const before = itemIn(await itemsOf(tx, task.id), itemId);
      await tx.query('DELETE FROM checklist_items WHERE id = $1', [itemId]);
      await tx.query(
        'UPDATE checklist_items SET position = position - 1 WHERE task_id = $1 AND position > $2',
        [task.id, before.position],
      );
      await keepCounts(tx, task.id);
      const removed = { item_id: itemId, text: before.text, done: before.done_at !== null };
      this.record(tx, actor, task, 'checklist_item_removed', removed);
      return toItem(before);
    });
  }

  private change<T>(
    actor: Actor,
    name: string,
    work: (tx: Transaction, task: AccessibleTask) => Promise<T>,
  ): Promise<T> {
    return this.database.transaction(async (tx) =>
      work(tx, await requireTask(tx, actor, name, 'write', { lock: true })),
    );
  }

  private record(
    tx: Transaction,
    actor: Actor,
    task: AccessibleTask,
    action: 'checklist_item_added' | 'checklist_item_changed' | 'checklist_item_removed',
    oldValue: object | undefined,
    newValue?: object,
  ): void {
    const { id, project_id, title, status } = task;
    const data = { task_id: id, project_id, title, status, changes: ['checklist'] };
    const event = { name: 'task.updated', data } as const;
    recordTaskChange(this.activity, tx, task, { actor, action, oldValue, newValue, event });
  }
}

function itemsOf(db: Queryable, taskId: string): Promise<ChecklistItem[]> {
  return db.query<Row>('SELECT * FROM checklist_items WHERE task_id = $1 ORDER BY position', [taskId]);
}

function itemIn(items: ChecklistItem[], itemId: string): ChecklistItem {
  const item = items.find(({ id }) => id === itemId);
  if (!item) throw new AppError('RESOURCE_NOT_FOUND', { item_id: itemId });
  return item;
}

/** Keeps the numbers of items with the task, and counts the bytes of a text that was written. */
async function keepCounts(tx: Transaction, taskId: string, text = ''): Promise<void> {
  await tx.query(
    `UPDATE tasks SET (checklist_total, checklist_done) =
            (SELECT count(*), count(done_at) FROM checklist_items WHERE task_id = $1), bytes = coalesce(bytes, 0) + $2
      WHERE id = $1`,
    [taskId, Buffer.byteLength(text) + 256],
  );
}
