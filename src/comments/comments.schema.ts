import { z } from 'zod';
import { id, instant, toInstant, versionField } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import type { Comment } from './comment.entity.js';

/** The most comments of a task, whose words are made anew when one of them changes. */
export const mostComments = 1_000;

const body = z
  .string()
  .max(20_000)
  .refine((text) => text.trim() !== '', 'A comment has a text')
  .meta({ description: 'Markdown; `@username` mentions a user', examples: ['Looks good, @ann.'] });

export const createCommentSchema = z
  .object({ body })
  .meta({ id: 'CreateComment', examples: [{ body: 'The certificate is renewed, @ann.' }] });
export type CreateComment = z.output<typeof createCommentSchema>;

export const updateCommentSchema = createCommentSchema
  .extend({ version: versionField })
  .meta({ id: 'UpdateComment', examples: [{ body: 'The certificate is **not** renewed, @ann.' }] });
export type UpdateComment = z.output<typeof updateCommentSchema>;

export const commentSchema = z
  .object({
    id,
    task_id: id,
    author_id: id,
    author_name: z.string().nullable().meta({ description: 'The user name of the author' }),
    imported_author: z.string().nullable().meta({
      description: 'Who wrote it elsewhere, as the file says that it was imported from by the author',
    }),
    body: z.string(),
    mentions: z
      .array(z.object({ user_id: id, username: z.string() }))
      .meta({ description: 'The users it mentions who can see the task' }),
    created_at: instant,
    updated_at: instant,
    version: z.int(),
  })
  .meta({ id: 'Comment' });
export type CommentView = z.output<typeof commentSchema>;

export type CommentRow = Omit<Comment, 'mentions'> & Pick<CommentView, 'author_name' | 'mentions'>;

export const toComment = (row: CommentRow): CommentView => ({
  id: row.id,
  task_id: row.task_id,
  author_id: row.author_id,
  author_name: row.author_name,
  imported_author: row.imported_author,
  body: row.body,
  mentions: row.mentions,
  created_at: toInstant(row.created_at),
  updated_at: toInstant(row.updated_at),
  version: row.version,
});

export const commentListQuery = pageQuery();
export type CommentListQuery = z.output<typeof commentListQuery>;
export const commentPageSchema = pageSchema(commentSchema).meta({ id: 'CommentPage' });

export const deletedCommentSchema = z
  .object({ message: z.string(), deleted_at: instant })
  .meta({ id: 'DeletedComment' });
