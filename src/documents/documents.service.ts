import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { PageWindow, type Page, type PageQuery } from '../http/pagination.js';
import { checkVersion } from '../http/request.js';
import { countRows, countSome, Database, type Queryable, type Transaction } from '../infra/database.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { ProjectAccess } from '../projects/project-access.js';
import { deleteFilesOfDocument } from '../tasks/attached-files.js';
import { recordTaskChange } from '../tasks/task-activity.js';
import { parseSearch, searchCondition } from '../tasks/search-syntax.js';
import { requireTask } from '../tasks/tasks.queries.js';
import type { DocumentVersion } from './document-version.entity.js';
import {
  bytesOf,
  bytesOfTags,
  countBytes,
  countDocuments,
  findDocument,
  keepVersion,
  listedColumns,
  requireDocument,
  type AccessibleDocument,
} from './documents.queries.js';
import {
  mostCharacters,
  mostOfKind,
  toDocument,
  toListedDocument,
  toListedVersion,
  type Append,
  type CreateDocument,
  type CreateMemory,
  type DocumentVersionView,
  type DocumentView,
  type ListedDocumentRow,
  type ListedDocumentView,
  type ListedVersionView,
  type MemoryListQuery,
  type UpdateDocument,
} from './documents.schema.js';

/** Where a document is: the plan of a task, or the doc or memory of a project. */
export type Place = { kind: 'plan'; task: string } | { kind: 'doc' | 'memory'; project: string };

@Injectable()
export class DocumentsService {
  constructor(
    private readonly database: Database,
    private readonly heavy: HeavyWork,
    private readonly projects: ProjectAccess,
    private readonly activity: ActivityLog,
  ) {}

  /** Lists the documents of a kind, with the beginning of each. @throws TASK_NOT_FOUND, PROJECT_NOT_FOUND */
  async list(
    actor: Actor,
    place: Place,
    query: PageQuery & Partial<MemoryListQuery>,
    url: string,
  ): Promise<Page<ListedDocumentView>> {
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const conditions = [`d.kind = ${bind(place.kind)}`];
    let projectId: string;
    if (place.kind === 'plan') {
      const task = await requireTask(this.database, actor, place.task, 'read');
      conditions.push(`d.task_id = ${bind(task.id)}`);
      projectId = task.project_id;
    } else {
      projectId = (await this.projects.require(actor, place.project, 'read')).id;
      conditions.push(`d.project_id = ${bind(projectId)}`);
    }
    if (query.tag !== undefined) conditions.push(`d.tags @> ARRAY[${bind(query.tag)}]::text[]`);
    if (query.search !== undefined) {
      const tree = parseSearch(query.search);
      conditions.push(tree ? searchCondition(tree, bind, 'd') : 'false');
    }
    const window = new PageWindow(query, url, [['d.id', 'id']]);
    const from = `FROM documents d WHERE ${conditions.join(' AND ')}`;
    const read = async (db: Queryable) => {
      const total = window.total ?? (await countSome(db, from, [...values]));
      const rows = await db.query<ListedDocumentRow & Record<string, unknown>>(
        `SELECT ${listedColumns} ${from} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
        values,
      );
      return window.toPage(rows, total, (row) => toListedDocument({ ...row, project_id: projectId }));
    };
    return query.search === undefined ? read(this.database) : this.heavy.read(actor, read);
  }

  /** Shows a document. @throws RESOURCE_NOT_FOUND */
  async get(actor: Actor, id: string): Promise<DocumentView> {
    return toDocument(await requireDocument(this.database, actor, id, 'read'));
  }

  /**
   * Writes a new document.
   * @throws TASK_NOT_FOUND, PROJECT_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  async create(actor: Actor, place: Place, input: CreateDocument | CreateMemory): Promise<DocumentView> {
    return this.database.transaction(async (tx) => {
      const { kind } = place;
      const taskId =
        place.kind === 'plan' ? (await requireTask(tx, actor, place.task, 'write', { lock: true })).id : null;
      const projectId =
        place.kind === 'plan' ? null : (await this.projects.require(actor, place.project, 'write', tx)).id;
      const most = mostOfKind[kind];
      if ((await countDocuments(tx, { task_id: taskId, project_id: projectId, kind }, most)) >= most)
        throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: `${kind}s`, value: most });
      const id = newId();
      const keepsVersions = kind !== 'memory';
      const bytes = bytesOf(input) * (keepsVersions ? 2 : 1) + bytesOfTags('tags' in input ? input.tags : []);
      await tx.query(
        `INSERT INTO documents (id, kind, project_id, task_id, title, body, tags, created_by, updated_by, bytes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)`,
        [
          id,
          kind,
          projectId,
          taskId,
          input.title,
          input.body,
          'tags' in input ? input.tags : [],
          actor.id,
          bytes,
        ],
      );
      if (keepsVersions)
        await keepVersion(tx, id, 'change_note' in input ? input.change_note : null, actor.id);
      const document = (await findDocument(tx, actor, id))!;
      await countBytes(tx, document, bytes);
      this.record(tx, actor, document, 'created', undefined, { title: input.title, version: 1 });
      return toDocument(document);
    });
  }

  /**
   * Changes a document; plans and docs keep the version of before.
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, VERSION_CONFLICT, PROJECT_LIMIT_EXCEEDED, VALIDATION_ERROR for a
   * plan or doc without a title
   */
  async update(actor: Actor, id: string, input: UpdateDocument, ifMatch?: number): Promise<DocumentView> {
    const { version, change_note = null, ...changes } = input;
    return this.change(actor, id, change_note, (document) => {
      checkVersion(document.version, version, ifMatch);
      if (document.kind !== 'memory') refuseForVersioned(changes);
      return { ...document, ...changes };
    });
  }

  /**
   * Adds a text behind a new line, so that two who add at once lose nothing of each other.
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED, VALIDATION_VALUE_TOO_LONG
   */
  async append(actor: Actor, id: string, { body, change_note }: Append): Promise<DocumentView> {
    return this.change(actor, id, change_note, (document) => {
      const whole = `${document.body}\n${body}`;
      if (whole.length > mostCharacters)
        throw new AppError('VALIDATION_VALUE_TOO_LONG', {
          field: 'body',
          issue: `A document has ${mostCharacters} characters at most`,
        });
      return { ...document, body: whole };
    });
  }

  /** Deletes a document with all its versions. @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED */
  async remove(actor: Actor, id: string): Promise<{ message: string; deleted_at: string }> {
    return this.database.transaction(async (tx) => {
      const document = await requireDocument(tx, actor, id, 'write', true);
      await deleteFilesOfDocument(tx, id);
      await tx.query('DELETE FROM document_versions WHERE document_id = $1', [id]);
      await tx.query('DELETE FROM documents WHERE id = $1', [id]);
      await countBytes(tx, document, -Number(document.bytes));
      this.record(tx, actor, document, 'deleted', { title: document.title, version: document.version });
      return { message: 'Document deleted successfully', deleted_at: toInstant(new Date()) };
    });
  }

  /** Lists the versions of a plan or a doc without their texts. @throws RESOURCE_NOT_FOUND */
  async versions(actor: Actor, id: string, query: PageQuery, url: string): Promise<Page<ListedVersionView>> {
    await requireDocument(this.database, actor, id, 'read');
    const window = new PageWindow(query, url, [['v.version', 'integer']]);
    const values: unknown[] = [id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const from = 'FROM document_versions v WHERE v.document_id = $1';
    const total = window.total ?? (await countRows(this.database, from, [...values]));
    const rows = await this.database.query<Omit<DocumentVersion, 'body'> & Record<string, unknown>>(
      `SELECT v.document_id, v.version, v.title, v.change_note, v.author_id, v.created_at ${from} AND ${window.after(bind)}
        ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, toListedVersion);
  }

  /** Shows a version. @throws RESOURCE_NOT_FOUND */
  async version(actor: Actor, id: string, version: number): Promise<DocumentVersionView> {
    await requireDocument(this.database, actor, id, 'read');
    const [row] = await this.database.query<DocumentVersion & Record<string, unknown>>(
      'SELECT * FROM document_versions WHERE document_id = $1 AND version = $2',
      [id, version],
    );
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { document_id: id, version });
    return { ...toListedVersion(row), body: row.body };
  }

  private async change(
    actor: Actor,
    id: string,
    note: string | null,
    nextOf: (document: AccessibleDocument) => AccessibleDocument,
  ): Promise<DocumentView> {
    return this.database.transaction((tx) => this.changeIn(tx, actor, id, note, nextOf));
  }

  /** Changes a document within the caller's transaction; see `update`. @param nextOf returns the document as it is to be */
  async changeIn(
    tx: Transaction,
    actor: Actor,
    id: string,
    note: string | null,
    nextOf: (document: AccessibleDocument) => AccessibleDocument,
  ): Promise<DocumentView> {
    const before = await requireDocument(tx, actor, id, 'write', true);
    const { title, body, tags } = nextOf(before);
    const keepsVersions = before.kind !== 'memory';
    // the present text is stored instead of that of before; a version is stored besides
    const text = bytesOf({ title, body });
    const ofTags = bytesOfTags(tags) - bytesOfTags(before.tags);
    const bytes = text - bytesOf(before) + (keepsVersions ? text : 0) + ofTags;
    const [row] = await tx.query<Pick<AccessibleDocument, 'updated_at' | 'version'>>(
      `UPDATE documents SET title = $2, body = $3, tags = $4, updated_by = $5, updated_at = now(), version = version + 1,
              bytes = bytes + $6 WHERE id = $1 RETURNING updated_at, version`,
      [id, title, body, tags, actor.id, bytes],
    );
    if (keepsVersions) await keepVersion(tx, id, note, actor.id);
    await countBytes(tx, before, bytes);
    const after = { ...before, title, body, tags, updated_by: actor.id, ...row! };
    this.record(
      tx,
      actor,
      after,
      'updated',
      { title: before.title, version: before.version },
      { title, version: after.version, ...(note === null ? {} : { change_note: note }) },
    );
    return toDocument(after);
  }

  /** Records a change of a plan in the history of its task, and that of another document in the activity of its project. */
  private record(
    tx: Transaction,
    actor: Actor,
    document: AccessibleDocument,
    action: 'created' | 'updated' | 'deleted',
    oldValue: object | undefined,
    newValue?: object,
  ): void {
    const { id, kind, project_id, task_id, task_title, task_status, is_draft } = document;
    if (task_id === null) {
      const entry = { actor, action, oldValue, newValue: newValue && { kind, ...newValue } };
      this.activity.record(tx, { entityType: 'document', entityId: id, projectId: project_id, ...entry });
      return;
    }
    const named = (value: object | undefined) => value && { document_id: id, ...value };
    const data = { task_id, project_id, title: task_title, status: task_status, changes: ['plans'] };
    const entry = { actor, action: `plan_${action}`, oldValue: named(oldValue), newValue: named(newValue) };
    const task = { id: task_id, project_id, is_draft };
    recordTaskChange(this.activity, tx, task, { ...entry, event: { name: 'task.updated', data } });
  }
}

/** @throws VALIDATION_ERROR for what a plan or a doc does not have */
function refuseForVersioned({ title, tags }: { title?: string; tags?: string[] }): void {
  if (title === '')
    throw new AppError('VALIDATION_ERROR', { field: 'title', issue: 'A plan or a doc has a title' });
  if (tags) throw new AppError('VALIDATION_ERROR', { field: 'tags', issue: 'Only a memory has tags' });
}
