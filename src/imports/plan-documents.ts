import type { Queryable } from '../infra/database.js';
import { stringify } from 'safe-stable-stringify';
import { validate } from 'uuid';
import { newId } from '../common/ids.js';
import { countDocuments } from '../documents/documents.queries.js';
import type { FileContents, FromFile } from './contents.js';
import type { AttachmentEntry, DocumentEntry, LabelEntry } from './entry.schema.js';
import { importedBefore } from './existing.queries.js';
import { attachmentKey, isWhole } from './plan-parts.js';
import { mostOfKind } from '../documents/documents.schema.js';

/** What an import does with the docs and the memory of its file. */
export interface PlannedDocuments {
  /** With the ids that they get. */
  create: { id: string; from: FromFile<DocumentEntry> }[];
  update: { id: string; from: FromFile<DocumentEntry> }[];
  skip: number;
}

interface PresentDocument {
  id: string;
  kind: string;
  title: string;
  body: string;
  tags: string[];
}

const documentsAtOnce = 20;

/** Decides what becomes of each document: known are those of this project by their id, and others by what was imported before. */
export async function planDocuments(
  db: Queryable,
  projectId: string,
  contents: FileContents,
): Promise<PlannedDocuments> {
  const planned: PlannedDocuments = { create: [], update: [], skip: 0 };
  const isFromHere = contents.sourceId === projectId;
  for (let at = 0; at < contents.documents.length; at += documentsAtOnce) {
    const entries = contents.documents.slice(at, at + documentsAtOnce);
    const before = await importedBefore(
      db,
      projectId,
      entries.map(({ key }) => key),
    );
    const idOf = ({ entry, key }: FromFile<DocumentEntry>) =>
      before.get(key) ?? (isFromHere && validate(entry.id) ? entry.id : undefined);
    const present = await presentDocuments(
      db,
      projectId,
      entries.flatMap((from) => idOf(from) ?? []),
    );
    for (const from of entries) {
      const document = present.get(idOf(from) ?? '');
      if (!document) planned.create.push({ id: newId(), from });
      else if (isSame(from.entry, document)) planned.skip += 1;
      else planned.update.push({ id: document.id, from });
    }
  }
  for (const kind of ['doc', 'memory'] as const) {
    const created = planned.create.filter(({ from }) => from.entry.kind === kind);
    if (created.length === 0) continue;
    const most = mostOfKind[kind];
    const present = await countDocuments(db, { task_id: null, project_id: projectId, kind }, most);
    const beyond = created[most - present];
    if (beyond)
      contents.addFault(beyond.from.line, null, `A project has at most ${most} documents of this kind`);
  }
  return planned;
}

async function presentDocuments(
  db: Queryable,
  projectId: string,
  ids: string[],
): Promise<Map<string, PresentDocument>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<PresentDocument & Record<string, unknown>>(
    'SELECT id, kind, title, body, tags FROM documents WHERE project_id = $1 AND id = ANY ($2::uuid[])',
    [projectId, ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

const isSame = ({ title, body, tags, kind }: DocumentEntry, present: PresentDocument) =>
  title === present.title &&
  body === present.body &&
  (kind === 'doc' || stringify(tags) === stringify(present.tags));

/** Finds the labels of a file that neither the project nor the installation has. */
export async function planLabels(
  db: Queryable,
  projectId: string,
  contents: FileContents,
): Promise<LabelEntry[]> {
  const wanted = new Map(contents.labels.map(({ entry }) => [nameOf(entry), entry]));
  if (wanted.size === 0) return [];
  const rows = await db.query<{ kind: string; name: string }>(
    `SELECT l.kind, l.name FROM labels l
      WHERE coalesce(l.project_id, '00000000-0000-0000-0000-000000000000') IN ($1, '00000000-0000-0000-0000-000000000000')
        AND l.kind IN ('task', 'project') AND lower(l.name) = ANY ($2)`,
    [projectId, [...wanted.values()].map(({ name }) => name.toLowerCase())],
  );
  for (const row of rows) wanted.delete(nameOf(row));
  return [...wanted.values()];
}

const nameOf = ({ kind, name }: { kind: string; name: string }) => `${kind} ${name.toLowerCase()}`;

/** Finds what a file attaches to the project and the project does not have. */
export async function planAttachments(
  db: Queryable,
  projectId: string,
  contents: FileContents,
): Promise<AttachmentEntry[]> {
  if (contents.attachments.length === 0) return [];
  const rows = await db.query<{ name: string; url: string | null; sha256: string | null }>(
    'SELECT name, url, sha256 FROM attachments WHERE linked_id = $1',
    [projectId],
  );
  const present = new Set(rows.map(attachmentKey));
  const added = contents.attachments.filter(({ entry }) => !present.has(attachmentKey(entry)));
  for (const { line, entry } of added)
    if (!isWhole(entry))
      contents.addWarning(line, 'attachments', `The content of ${entry.name} is not in the file`);
  return added.map(({ entry }) => entry).filter(isWhole);
}
