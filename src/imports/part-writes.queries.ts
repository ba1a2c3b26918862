import type { Actor } from '../common/permissions.js';
import { batchesOf } from '../common/batches.js';
import { newId } from '../common/ids.js';
import { jsonPieces } from '../common/json-pieces.js';
import { mentionable, renewAll } from '../comments/comments.queries.js';
import { mentionedNames } from '../comments/mentions.js';
import { bytesOf as bytesOfDocument, bytesOfTags } from '../documents/documents.queries.js';
import type { Transaction } from '../infra/database.js';
import { sizeOf, storeContent } from '../attachments/attachments.queries.js';
import { UploadedFile } from '../http/multipart.js';
import type { LinkedType } from '../attachments/attachment.entity.js';
import type {
  AttachmentEntry,
  CommentEntry,
  DocumentEntry,
  LabelEntry,
  PlanEntry,
} from './formats/entry.schema.js';
import { contentHashes, pieceCharacters, piecesOf } from './content-hash.js';
import { inSlices } from './formats/in-slices.js';
import type { NewParts } from './plan-parts.js';

/** The bytes of a comment or an item beside its text, as they are counted when it is added to a task. */
const ofRow = 256;

/** Who imports into which project. */
export interface Importer {
  actor: Actor;
  username: string;
  projectId: string;
}

type Owned<T> = { taskId: string } & T;

/** So many comments at a time are searched for whom they mention: each may name 50 users. */
const commentsAtOnce = 1_000;

/** Stores comments and the words of them with their tasks. */
export async function insertComments(
  tx: Transaction,
  importer: Importer,
  tasks: Owned<Pick<NewParts, 'comments'>>[],
): Promise<void> {
  const comments = tasks.flatMap(({ taskId, comments: said }) =>
    said.map((comment) => ({ taskId, ...comment })),
  );
  if (comments.length === 0) return;
  for (const some of batchesOf(comments, commentsAtOnce)) await insertSome(tx, importer, some);
  const bytes = new Map<string, number>();
  for (const { taskId, body } of comments)
    bytes.set(taskId, (bytes.get(taskId) ?? 0) + Buffer.byteLength(body) + ofRow);
  // the words of a task are made of all its comments, so that many tasks at once would take longer than a statement may
  for (const some of batchesOf([...bytes], 200)) await renewAll(tx, new Map(some));
}

async function insertSome(
  tx: Transaction,
  { actor, username, projectId }: Importer,
  comments: Owned<CommentEntry>[],
): Promise<void> {
  const named: { comment: Owned<CommentEntry>; names: string[] }[] = [];
  for await (const comment of inSlices(comments))
    named.push({ comment, names: mentionedNames(comment.body) });
  const names = [...new Set(named.flatMap((one) => one.names))];
  const users = await mentionable(tx, names, projectId);
  const mentioned = new Map(users.map((user) => [user.username, user.user_id]));
  const rows = named.map(({ comment: { taskId, author, body, created_at }, names: own }) => ({
    id: newId(),
    task_id: taskId,
    author: author === username ? null : author,
    body,
    mentions: own.flatMap((name) => mentioned.get(name) ?? []),
    at: created_at,
  }));
  for (const { json } of jsonPieces(rows))
    await tx.query(
      `INSERT INTO comments (id, task_id, author_id, imported_author, body, mentions, created_at, updated_at)
       SELECT n.id, n.task_id, $1, n.author, n.body, n.mentions, least(coalesce(n.at, now()), now()), least(coalesce(n.at, now()), now())
         FROM json_to_recordset($2) AS n (id uuid, task_id uuid, author text, body text, mentions uuid[], at timestamptz)`,
      [actor.id, json],
    );
}

/** Stores the items of checklists behind those that are there, marks others as done, and counts them with their tasks. */
export async function insertItems(
  tx: Transaction,
  { actor }: Importer,
  tasks: Owned<Pick<NewParts, 'items' | 'itemsBefore' | 'itemsDone'>>[],
): Promise<void> {
  const items = tasks.flatMap(({ taskId, items: added, itemsBefore }) =>
    added.map(({ text, done }, index) => ({
      id: newId(),
      task_id: taskId,
      text,
      done,
      place: itemsBefore + index,
    })),
  );
  for (const { json } of jsonPieces(items))
    await tx.query(
      `INSERT INTO checklist_items (id, task_id, text, position, done_at, done_by)
       SELECT n.id, n.task_id, n.text, n.place,
              CASE WHEN n.done THEN now() END, CASE WHEN n.done THEN $1::uuid END
         FROM json_to_recordset($2) AS n (id uuid, task_id uuid, text text, done boolean, place int)`,
      [actor.id, json],
    );
  const done = tasks.flatMap(({ itemsDone }) => itemsDone);
  if (done.length > 0)
    await tx.query(
      'UPDATE checklist_items SET done_at = now(), done_by = $2, version = version + 1 WHERE id = ANY ($1::uuid[]) AND done_at IS NULL',
      [done, actor.id],
    );
  const changed = tasks.filter(({ items: added, itemsDone }) => added.length + itemsDone.length > 0);
  if (changed.length === 0) return;
  const bytes = changed.map(({ items: added }) =>
    added.reduce((sum, { text }) => sum + Buffer.byteLength(text) + ofRow, 0),
  );
  await tx.query(
    `UPDATE tasks t SET bytes = coalesce(t.bytes, 0) + n.bytes,
            (checklist_total, checklist_done) = (SELECT count(*), count(i.done_at) FROM checklist_items i WHERE i.task_id = t.id)
       FROM unnest($1::uuid[], $2::bigint[]) AS n (id, bytes) WHERE t.id = n.id`,
    [changed.map(({ taskId }) => taskId), bytes],
  );
}

/** A document that is to be stored, of a task or of the project. */
export interface NewDocument {
  id: string;
  taskId: string | null;
  entry: DocumentEntry | PlanEntry;
}

/** Stores documents with their earlier versions. @returns the bytes that they take, by the document */
export async function insertDocuments(
  tx: Transaction,
  { actor, projectId }: Importer,
  documents: NewDocument[],
): Promise<Map<NewDocument, number>> {
  const taken = new Map<NewDocument, number>();
  const rows: Record<string, unknown>[] = [];
  const versionRows: typeof rows = [];
  for (const document of documents) {
    const { id, taskId, entry } = document;
    const { kind, title, body, change_note } = entry;
    const keepsVersions = kind !== 'memory';
    const present = { title, body, change_note };
    const versions = keepsVersions ? [...entry.earlier_versions, present] : [];
    const tags = 'tags' in entry ? entry.tags : [];
    const bytes = [present, ...versions].reduce(
      (sum, text) => sum + bytesOfDocument(text),
      bytesOfTags(tags),
    );
    taken.set(document, bytes);
    const version = Math.max(1, versions.length);
    rows.push({
      id,
      kind,
      project_id: taskId === null ? projectId : null,
      task_id: taskId,
      title,
      body,
      tags,
      version,
      bytes,
    });
    for (const [index, text] of versions.entries())
      versionRows.push({
        id,
        version: index + 1,
        title: text.title,
        body: text.body,
        change_note: text.change_note,
      });
  }
  for (const { json } of jsonPieces(rows))
    await tx.query(
      `INSERT INTO documents (id, kind, project_id, task_id, title, body, tags, created_by, updated_by, version, bytes)
       SELECT n.id, n.kind, n.project_id, n.task_id, n.title, n.body, n.tags, $1, $1, n.version, n.bytes
         FROM json_to_recordset($2) AS n (id uuid, kind text, project_id uuid, task_id uuid, title text, body text, tags text[], version int, bytes bigint)`,
      [actor.id, json],
    );
  for (const { json } of jsonPieces(versionRows))
    await tx.query(
      `INSERT INTO document_versions (document_id, version, title, body, change_note, author_id)
       SELECT n.id, n.version, n.title, n.body, n.change_note, $1
         FROM json_to_recordset($2) AS n (id uuid, version int, title text, body text, change_note text)`,
      [actor.id, json],
    );
  return taken;
}

/** Counts the bytes of plans with their tasks. */
export async function countInTasks(tx: Transaction, bytes: Map<string, number>): Promise<void> {
  if (bytes.size === 0) return;
  await tx.query(
    `UPDATE tasks t SET bytes = coalesce(t.bytes, 0) + n.bytes
       FROM unnest($1::uuid[], $2::bigint[]) AS n (id, bytes) WHERE t.id = n.id`,
    [[...bytes.keys()], [...bytes.values()]],
  );
}

/** What is to be attached, and to what. */
export interface NewAttachment {
  type: LinkedType;
  linkedId: string;
  entry: AttachmentEntry;
}

/** Attaches links and files. @returns the bytes that they take */
export async function insertAttachments(
  tx: Transaction,
  { actor, projectId }: Importer,
  attachments: NewAttachment[],
): Promise<number> {
  let stored = 0;
  const rows: Record<string, unknown>[] = [];
  for (const { type, linkedId, entry } of attachments) {
    const id = newId();
    const file = entry.url ? null : await fileOf(entry);
    if (file) await storeContent(tx, id, file);
    const size = sizeOf(file, entry.name, entry.url ?? null);
    stored += size;
    const { mediaType = null, sha256 = null } = file ?? {};
    const own = { id, type, linked: linkedId, url: entry.url ?? null, media_type: mediaType, size, sha256 };
    rows.push({ ...own, name: entry.name });
  }
  for (const { json } of jsonPieces(rows))
    await tx.query(
      `INSERT INTO attachments (id, linked_type, linked_id, project_id, name, url, media_type, size, sha256, created_by)
       SELECT n.id, n.type, n.linked, $1, n.name, n.url, n.media_type, n.size, n.sha256, $2
         FROM json_to_recordset($3) AS n (id uuid, type text, linked uuid, name text, url text, media_type text, size int, sha256 text)`,
      [projectId, actor.id, json],
    );
  return stored;
}

async function fileOf(entry: AttachmentEntry): Promise<UploadedFile> {
  const { name, media_type, content = '' } = entry;
  const hashOf = await contentHashes([entry]);
  const pieces: Buffer[] = [];
  // a turn for each of many small files would take longer than reading them
  if (content.length <= pieceCharacters) pieces.push(...piecesOf(content));
  else for await (const piece of inSlices(piecesOf(content))) pieces.push(piece);
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return new UploadedFile(name, media_type ?? 'application/octet-stream', pieces, size, hashOf(entry) ?? '');
}

/** Stores labels of the project. */
export async function insertLabels(
  tx: Transaction,
  { actor, projectId }: Importer,
  labels: LabelEntry[],
): Promise<void> {
  const rows = labels.map((label) => ({ id: newId(), ...label, archived: Boolean(label.archived_at) }));
  for (const { json } of jsonPieces(rows))
    await tx.query(
      `INSERT INTO labels (id, project_id, kind, name, color, description, archived_at, created_by)
       SELECT n.id, $1, n.kind, n.name, n.color, coalesce(n.description, ''), CASE WHEN n.archived THEN now() END, $2
         FROM json_to_recordset($3) AS n (id uuid, kind text, name text, color text, description text, archived boolean)
       ON CONFLICT DO NOTHING`,
      [projectId, actor.id, json],
    );
}
