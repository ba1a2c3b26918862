import type { Actor } from '../common/permissions.js';
import { NIL } from 'uuid';
import {
  attachmentsOf,
  checklistsOf,
  commentsOf,
  documentAfter,
  labelsAfter,
  plansOf,
  tasksAfter,
  type AttachmentRow,
  type CommentRow,
  type DocumentRow,
  type ExportedTaskRow,
  type ItemRow,
  type LabelRow,
} from './exports.queries.js';
import { exportedSchedules, exportedTrigger } from './export-schedules.js';
import type { ReadInTurn } from './read-in-turn.js';
import { schedulesAfter, triggersAfter, type ReadProject } from './schedules.queries.js';

/** Texts of tasks up to this size are in memory at once, unless those of a single task are larger. */
const bytesAtOnce = 2 * 1024 * 1024;

/** A task with everything that belongs to it. */
export interface WholeTask {
  task: ExportedTaskRow;
  checklist: ItemRow[];
  comments: CommentRow[];
  plans: DocumentRow[];
  /** Those of the task. */
  attachments: AttachmentRow[];
}

/** Reads a project piece by piece: each piece is as it was at one moment, and no transaction lasts as long as the client reads. */
export class ExportReader {
  constructor(
    private readonly read: ReadInTurn,
    private readonly actor: Actor,
    private readonly project: { id: string; isOwner: boolean },
  ) {}

  /** Reads the tasks in the order of their numbers. @param statuses the statuses that they have; null for any */
  async *tasks(statuses: readonly string[] | null = null): AsyncGenerator<ExportedTaskRow[]> {
    for (let after = 0; ;) {
      const last = after;
      const rows = await this.read((db) => tasksAfter(db, this.actor, this.project, last, statuses));
      if (rows.length === 0) return;
      yield* inPieces(rows);
      after = rows.at(-1)!.number;
    }
  }

  /** Reads the tasks with what belongs to them. @param statuses as for `tasks` */
  async *wholeTasks(statuses: readonly string[] | null = null): AsyncGenerator<WholeTask> {
    for await (const rows of this.tasks(statuses)) {
      const ids = rows.map(({ id }) => id);
      const [checklists, comments, plans, attachments] = await this.read((db) =>
        Promise.all([checklistsOf(db, ids), commentsOf(db, ids), plansOf(db, ids), attachmentsOf(db, ids)]),
      );
      const [itemsByTask, commentsByTask] = [byKey(checklists, 'task_id'), byKey(comments, 'task_id')];
      const [plansByTask, attachedTo] = [byKey(plans, 'task_id'), byKey(attachments, 'linked_id')];
      for (const task of rows)
        yield {
          task,
          checklist: itemsByTask.get(task.id) ?? [],
          comments: commentsByTask.get(task.id) ?? [],
          plans: plansByTask.get(task.id) ?? [],
          attachments: attachedTo.get(task.id) ?? [],
        };
    }
  }

  /** Reads the docs, then the memory. */
  async *documents(): AsyncGenerator<DocumentRow> {
    for (const kind of ['doc', 'memory'])
      for (let after = NIL as string; ;) {
        const last = after;
        const row = await this.read((db) => documentAfter(db, this.project.id, kind, last));
        if (!row) break;
        yield row;
        after = row.id;
      }
  }

  async *labels(): AsyncGenerator<LabelRow> {
    for (let after = NIL as string; ;) {
      const last = after;
      const rows = await this.read((db) => labelsAfter(db, this.project.id, last));
      if (rows.length === 0) return;
      yield* rows;
      after = rows.at(-1)!.id;
    }
  }

  /** Reads the schedules as they are written. */
  async *schedules(): AsyncGenerator<object> {
    for (let after = NIL as string; ;) {
      const last = after;
      const rows = await this.read((db) => schedulesAfter(db, this.readProject, last));
      if (rows.length === 0) return;
      yield* await exportedSchedules(rows, this.readProject, this.read);
      after = rows.at(-1)!.id;
    }
  }

  /** Reads the triggers as they are written. */
  async *triggers(): AsyncGenerator<object> {
    for (let after = NIL as string; ;) {
      const last = after;
      const rows = await this.read((db) => triggersAfter(db, this.readProject, last));
      if (rows.length === 0) return;
      yield* rows.map(exportedTrigger);
      after = rows.at(-1)!.id;
    }
  }

  private get readProject(): ReadProject {
    return { ...this.project, readerId: this.actor.id };
  }

  /** Reads what is attached to one thing. */
  attachments(linkedId: string): Promise<AttachmentRow[]> {
    return this.read((db) => attachmentsOf(db, [linkedId]));
  }
}

/** Splits rows so that the texts of each piece fit in memory. */
function* inPieces(rows: ExportedTaskRow[]): Generator<ExportedTaskRow[]> {
  let piece: ExportedTaskRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (piece.length > 0 && bytes + row.bytes > bytesAtOnce) {
      yield piece;
      [piece, bytes] = [[], 0];
    }
    piece.push(row);
    bytes += row.bytes;
  }
  yield piece;
}

function byKey<Row>(rows: Row[], key: keyof Row): Map<unknown, Row[]> {
  const grouped = new Map<unknown, Row[]>();
  for (const row of rows) {
    const group = grouped.get(row[key]);
    if (group) group.push(row);
    else grouped.set(row[key], [row]);
  }
  return grouped;
}
