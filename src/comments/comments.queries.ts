import type { Queryable, Transaction } from '../infra/database.js';
import { visibleTo } from '../projects/projects.queries.js';
import type { CommentRow } from './comments.schema.js';

/** The columns of a comment `c`, with the names of its author and of those it mentions who are still there. */
export const commentColumns = `c.id, c.task_id, c.author_id, c.imported_author, c.body, c.created_at, c.updated_at, c.version,
  (SELECT u.username FROM users u WHERE u.id = c.author_id) AS author_name,
  coalesce((SELECT json_agg(json_build_object('user_id', u.id, 'username', u.username) ORDER BY u.username)
              FROM users u WHERE u.id = ANY (c.mentions)), '[]') AS mentions`;

/** Finds the enabled users with these names who can see a project. */
export async function mentionable(
  db: Queryable,
  names: string[],
  projectId: string,
): Promise<{ user_id: string; username: string }[]> {
  if (names.length === 0) return [];
  return db.query<{ user_id: string; username: string }>(
    `SELECT u.id AS user_id, u.username FROM users u CROSS JOIN projects p
       LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = u.id
      WHERE u.username = ANY($1) AND NOT u.disabled AND p.id = $2 AND ${visibleTo('u.id', "u.role = 'admin'")} ORDER BY u.username`,
    [names, projectId],
  );
}

/** Reads a comment of a task. */
export async function findComment(
  db: Queryable,
  taskId: string,
  commentId: string,
): Promise<CommentRow | undefined> {
  const [row] = await db.query<CommentRow & Record<string, unknown>>(
    `SELECT ${commentColumns} FROM comments c WHERE c.id = $1 AND c.task_id = $2`,
    [commentId, taskId],
  );
  return row;
}

/** The bytes of a comment beside its text. */
const ofRow = 256;
const bytesOf = (text: string) => Buffer.byteLength(text) + ofRow;

/** Adds the words and the bytes of a new comment to those of its task. */
export async function addToTask(tx: Transaction, taskId: string, body: string): Promise<void> {
  await tx.query(
    `UPDATE tasks SET words = add_words(words, setweight(words_of($2), 'C')), bytes = coalesce(bytes, 0) + $3 WHERE id = $1`,
    [taskId, body, bytesOf(body)],
  );
}

/** Makes the words of a task anew after a comment was changed or removed, and counts the bytes of its new text. */
export async function renewInTask(tx: Transaction, taskId: string, body = ''): Promise<void> {
  await tx.query(
    `UPDATE tasks SET words = add_words(ts_filter(words, '{a,b}'), comment_words(id)), bytes = coalesce(bytes, 0) + $2 WHERE id = $1`,
    [taskId, bytesOf(body)],
  );
}

/**
 * Makes the words of tasks anew after several comments were added, and counts the bytes of their texts.
 * @param texts the bytes of the new texts of each task, with those beside each text
 */
export async function renewAll(tx: Transaction, texts: Map<string, number>): Promise<void> {
  await tx.query(
    `UPDATE tasks t SET words = add_words(ts_filter(t.words, '{a,b}'), comment_words(t.id)), bytes = coalesce(t.bytes, 0) + n.bytes
       FROM unnest($1::uuid[], $2::bigint[]) AS n (id, bytes) WHERE t.id = n.id`,
    [[...texts.keys()], [...texts.values()]],
  );
}
