import { z } from 'zod';
import { id, instant, toInstant } from '../common/fields.js';
import { plainName, UploadedFile } from '../http/multipart.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { projectIdParam } from '../projects/project-access.js';
import { taskIdParam } from '../tasks/task-ref.js';
import { linkedTypes, type Attachment } from './attachment.entity.js';

/** The most attachments of a task, a project or a document. */
export const mostAttached = 500;

const link = z.discriminatedUnion('linked_type', [
  z.object({ linked_type: z.literal('task'), linked_id: taskIdParam }),
  z.object({ linked_type: z.literal('project'), linked_id: projectIdParam }),
  z.object({ linked_type: z.literal('document'), linked_id: id }),
]);
/** What is attached to, by its type and its id, ref or key. */
export type Link = z.output<typeof link>;

/** A link, or a file in a request of several parts. */
export const createAttachmentSchema = z
  .object({
    linked_type: z.enum(linkedTypes),
    linked_id: z.string().max(100).meta({
      description: 'The id of what it is attached to; the ref of a task or the key of a project will do',
    }),
    name: z
      .string()
      .trim()
      .min(1)
      .max(255)
      .refine((name) => !/\p{Cc}/u.test(name), 'Has control characters')
      .optional()
      .meta({ description: 'The name of the file, or the URL, unless given' }),
    url: z
      .url({ protocol: /^https?$/, message: 'Send a URL with http or https' })
      .max(2_000)
      .optional()
      .meta({ description: 'Where the link leads; it is not fetched' }),
    file: z
      .instanceof(UploadedFile, { message: 'Send the file as a part of multipart/form-data' })
      .optional()
      .meta({ type: 'string', contentMediaType: 'application/octet-stream', description: 'At most 10 MiB' }),
  })
  .transform(({ linked_type, linked_id, name, url, file }, context) => {
    const isOne = (url === undefined) !== (file === undefined);
    if (!isOne)
      context.addIssue({
        code: 'custom',
        path: ['url'],
        message: 'Send a url, or a file as a part of multipart/form-data',
      });
    const { data, error } = link.safeParse({ linked_type, linked_id });
    for (const { message, path } of error?.issues ?? [])
      context.addIssue({ code: 'custom', message, path: [...path] });
    return data === undefined || !isOne
      ? z.NEVER
      : {
          link: data,
          name: file ? plainName(name ?? file.name) : (name ?? url!.slice(0, 255)),
          url: url ?? null,
          file: file ?? null,
        };
  })
  .meta({
    id: 'CreateLink',
    examples: [
      { linked_type: 'task', linked_id: 'SHOP-42', url: 'https://example.com/design', name: 'The design' },
    ],
  });
export type CreateAttachment = z.output<typeof createAttachmentSchema>;

export const attachmentSchema = z
  .object({
    id,
    linked_type: z.enum(linkedTypes),
    linked_id: id,
    project_id: id,
    name: z.string(),
    url: z.string().nullable(),
    media_type: z.string().nullable(),
    size: z.int().meta({ description: 'Bytes; 0 for a link' }),
    sha256: z.string().nullable(),
    created_by: id,
    created_at: instant,
  })
  .meta({ id: 'Attachment' });
export type AttachmentView = z.output<typeof attachmentSchema>;

export const toAttachment = (row: Attachment): AttachmentView => ({
  id: row.id,
  linked_type: row.linked_type,
  linked_id: row.linked_id,
  project_id: row.project_id,
  name: row.name,
  url: row.url,
  media_type: row.media_type,
  // that of a link is what it takes of the storage of its project
  size: row.url === null ? row.size : 0,
  sha256: row.sha256,
  created_by: row.created_by,
  created_at: toInstant(row.created_at),
});

export const attachmentListQuery = pageQuery(50);
export type AttachmentListQuery = z.output<typeof attachmentListQuery>;
export const attachmentPageSchema = pageSchema(attachmentSchema).meta({ id: 'AttachmentPage' });
