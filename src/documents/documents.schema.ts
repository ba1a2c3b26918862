import { z } from 'zod';
import { id, instant, toInstant, versionField } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { tag } from '../tasks/task-fields.schema.js';
import { documentKinds, type Document, type DocumentKind } from './document.entity.js';
import type { DocumentVersion } from './document-version.entity.js';

/** The most characters of a document. */
export const mostCharacters = 1_000_000;
/** The most plans of a task, and the most docs and memories of a project. */
export const mostOfKind: Record<DocumentKind, number> = { plan: 100, doc: 1_000, memory: 100_000 };
/** The most characters of a body in a list. */
export const listedCharacters = 2_000;

const fields = {
  title: z.string().trim().min(1).max(500),
  body: z.string().max(mostCharacters).meta({ description: 'Markdown, kept as it is sent' }),
  tags: z
    .array(tag)
    .max(50)
    .transform((tags) => [...new Set(tags)]),
  change_note: z.string().trim().max(500).nullable().meta({ description: 'What the change is about' }),
};

/** A plan or a doc, which has a title. */
export const createDocumentSchema = z
  .object({ title: fields.title, body: fields.body, change_note: fields.change_note.default(null) })
  .meta({ id: 'CreateDocument', examples: [{ title: 'How to release', body: '1. Build\n2. Test' }] });
export type CreateDocument = z.output<typeof createDocumentSchema>;

export const createMemorySchema = z
  .object({
    title: z.string().trim().max(500).default(''),
    body: fields.body,
    tags: fields.tags.prefault([]),
  })
  .meta({ id: 'CreateMemory', examples: [{ body: 'The tests need redis-server', tags: ['tests'] }] });
export type CreateMemory = z.output<typeof createMemorySchema>;

export const updateDocumentSchema = z
  .object({
    title: z.string().trim().max(500),
    body: fields.body,
    tags: fields.tags,
    change_note: fields.change_note,
  })
  .partial()
  .extend({ version: versionField })
  .meta({ id: 'UpdateDocument', examples: [{ body: '1. Test\n2. Build', change_note: 'In this order' }] });
export type UpdateDocument = z.output<typeof updateDocumentSchema>;

export const appendSchema = z
  .object({ body: fields.body.min(1), change_note: fields.change_note.default(null) })
  .meta({ id: 'AppendToDocument', examples: [{ body: '3. Publish' }] });
export type Append = z.output<typeof appendSchema>;

const shape = {
  id,
  kind: z.enum(documentKinds),
  project_id: id,
  task_id: id.nullable(),
  title: z.string(),
  body: z.string(),
  tags: z.array(z.string()),
  created_by: id,
  updated_by: id,
  created_at: instant,
  updated_at: instant,
  version: z.int(),
};
export const documentSchema = z.object(shape).meta({ id: 'Document' });
export type DocumentView = z.output<typeof documentSchema>;

/** A document as it is read; `project_id` is that of its task for a plan. */
export type DocumentRow = Omit<Document, 'words' | 'project_id'> & { project_id: string };

export const toDocument = (row: DocumentRow): DocumentView => ({
  id: row.id,
  kind: row.kind,
  project_id: row.project_id,
  task_id: row.task_id,
  title: row.title,
  body: row.body,
  tags: row.tags,
  created_by: row.created_by,
  updated_by: row.updated_by,
  created_at: toInstant(row.created_at),
  updated_at: toInstant(row.updated_at),
  version: row.version,
});

export const listedDocumentSchema = z
  .object({
    ...shape,
    body_truncated: z
      .boolean()
      .meta({ description: `Whether only the first ${listedCharacters} characters are shown` }),
  })
  .meta({ id: 'ListedDocument' });
export type ListedDocumentView = z.output<typeof listedDocumentSchema>;
export type ListedDocumentRow = DocumentRow & { body_truncated: boolean };

export const toListedDocument = (row: ListedDocumentRow): ListedDocumentView => ({
  ...toDocument(row),
  body_truncated: row.body_truncated,
});

export const documentListQuery = pageQuery(20);
export type DocumentListQuery = z.output<typeof documentListQuery>;
export const memoryListQuery = pageQuery(20).extend({
  tag: tag.optional().meta({ description: 'Notes with this tag' }),
  search: z
    .string()
    .max(500)
    .transform((text) => text.trim() || undefined)
    .optional()
    .meta({ description: 'Words, "exact phrases", prefix*, AND, OR, NOT, -word, parentheses, tag:name' }),
});
export type MemoryListQuery = z.output<typeof memoryListQuery>;
export const documentPageSchema = pageSchema(listedDocumentSchema).meta({ id: 'DocumentPage' });

const versionShape = {
  document_id: id,
  version: z.int(),
  title: z.string(),
  change_note: z.string().nullable(),
  author_id: id,
  created_at: instant,
};
export const documentVersionSchema = z
  .object({ ...versionShape, body: z.string() })
  .meta({ id: 'DocumentVersion' });
export type DocumentVersionView = z.output<typeof documentVersionSchema>;
export const listedVersionSchema = z.object(versionShape).meta({ id: 'ListedDocumentVersion' });
export type ListedVersionView = z.output<typeof listedVersionSchema>;
export const versionPageSchema = pageSchema(listedVersionSchema).meta({ id: 'DocumentVersionPage' });

export const toListedVersion = (row: Omit<DocumentVersion, 'body'>): ListedVersionView => ({
  document_id: row.document_id,
  version: row.version,
  title: row.title,
  change_note: row.change_note,
  author_id: row.author_id,
  created_at: toInstant(row.created_at),
});
