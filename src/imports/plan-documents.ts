import type { Queryable } from '../infra/database.js';
import { stringify } from 'safe-stable-stringify';
import { validate } from 'uuid';
import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import { countLabels, mostLabels } from '../labels/label-count.js';
import { countDocuments } from '../documents/documents.queries.js';
import type { FileContents, FromFile } from './formats/contents.js';
import type { AttachmentEntry, DocumentEntry, LabelEntry } from './formats/entry.schema.js';
import { inSlices } from './formats/in-slices.js';
import { importedBefore, presentAttachments } from './existing.queries.js';
import { newAttachments } from './new-attachments.js';
import { mostOfKind } from '../documents/documents.schema.js';

/** What an import does with the docs and the memory of its file. */
export interface PlannedDocuments {
  /** With the ids that they get. */
  create: { id: string; from: FromFile<DocumentEntry> }[];
  update: { id: string; from: FromFile<DocumentEntry> }[];
  skip: number;
  /** What is attached to documents that are there already. */
  attach: { id: string; entry: AttachmentEntry }[];
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
  signal?: AbortSignal,
): Promise<PlannedDocuments> {
  const planned: PlannedDocuments = { create: [], update: [], skip: 0, attach: [] };
  const isFromHere = contents.sourceId === projectId;
  const taken = new Map<string, number>();
  for (let at = 0; at < contents.documents.length; at += documentsAtOnce) {
    const entries = contents.documents.slice(at, at + documentsAtOnce);
    const before = await importedBefore(
      db,
      projectId,
      entries.map(({ key }) => key),
    );
    const idOf = ({ entry, key }: FromFile<DocumentEntry>) =>
      before.get(key) ?? (isFromHere && validate(entry.id) ? entry.id : undefined);
    const ids = entries.flatMap((from) => idOf(from) ?? []);
    const present = await presentDocuments(db, projectId, ids);
    const attached = await presentAttachments(db, ids);
    for await (const from of inSlices(entries, signal)) {
      const { entry, line, key } = from;
      const named = present.get(idOf(from) ?? '');
      const document = named?.kind === entry.kind ? named : undefined;
      const first = taken.get(key) ?? taken.get(document?.id ?? '');
      if (first !== undefined) {
        contents.addFault(line, null, `The document is the one of line ${first}`);
        continue;
      }
      for (const name of [key, ...(document ? [document.id] : [])]) taken.set(name, line);
      const attachments = await newAttachments(
        entry.attachments,
        document ? (attached.get(document.id) ?? []) : [],
        contents,
        line,
        signal,
      );
      if (!document) {
        planned.create.push({ id: newId(), from: { ...from, entry: { ...entry, attachments } } });
        continue;
      }
      planned.attach.push(...attachments.map((attachment) => ({ id: document.id, entry: attachment })));
      if (!isSame(entry, document)) planned.update.push({ id: document.id, from });
      else planned.skip += 1;
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

/**
 * Finds the labels of a file that neither the project nor the installation has.
 * @throws RESOURCE_LIMIT_EXCEEDED when the project would have more than it may
 */
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
  if (wanted.size > 0 && (await countLabels(db, projectId)) + wanted.size > mostLabels)
    throw new AppError('RESOURCE_LIMIT_EXCEEDED', { limit: 'labels', value: mostLabels });
  return [...wanted.values()];
}

const nameOf = ({ kind, name }: { kind: string; name: string }) => `${kind} ${name.toLowerCase()}`;

/** Finds what a file attaches to the project and the project does not have. */
export async function planAttachments(
  db: Queryable,
  projectId: string,
  contents: FileContents,
  signal?: AbortSignal,
): Promise<AttachmentEntry[]> {
  const [first] = contents.attachments;
  if (!first) return [];
  const present = (await presentAttachments(db, [projectId])).get(projectId) ?? [];
  const entries = contents.attachments.map(({ entry }) => entry);
  return newAttachments(entries, present, contents, first.line, signal);
}
