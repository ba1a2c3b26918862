import { addUsage, readUsage } from '../executions/output-usage.queries.js';
import { refuseFullStorage } from '../executions/project-rules.js';
import type { Transaction } from '../infra/database.js';
import type { Project } from '../projects/project.entity.js';

/** What a task has attached, to itself and to its plans; $1 is its id. */
const ofTask = `a.linked_id IN (SELECT $1::uuid UNION ALL SELECT d.id FROM documents d WHERE d.task_id = $1)`;

/** Deletes what is attached to a task and to its plans, and gives the bytes back to its project. */
export async function deleteFilesOfTask(tx: Transaction, taskId: string): Promise<void> {
  await deleteFiles(tx, ofTask, taskId);
}

/** Deletes what is attached to a document. */
export async function deleteFilesOfDocument(tx: Transaction, documentId: string): Promise<void> {
  await deleteFiles(tx, 'a.linked_id = $1', documentId);
}

/** Deletes one attachment. @returns whether there was one */
export function deleteFile(tx: Transaction, attachmentId: string): Promise<boolean> {
  return deleteFiles(tx, 'a.id = $1', attachmentId);
}

/**
 * Lets the bytes that a task has attached count with another project.
 * @throws PROJECT_LIMIT_EXCEEDED when that has no room for them
 */
export async function moveFilesOfTask(
  tx: Transaction,
  taskId: string,
  project: Pick<Project, 'id' | 'resource_limits'>,
): Promise<void> {
  const moved = await tx.query<{ before: string; bytes: string }>(
    `WITH before AS (SELECT a.id, a.project_id, a.size FROM attachments a WHERE ${ofTask} AND a.project_id <> $2 FOR UPDATE),
          moved AS (UPDATE attachments SET project_id = $2 WHERE id IN (SELECT id FROM before))
     SELECT project_id AS before, sum(size) AS bytes FROM before GROUP BY 1`,
    [taskId, project.id],
  );
  const size = moved.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  if (size > 0) refuseFullStorage(project, (await readUsage(tx, project.id)) + size, Infinity);
  for (const { before, bytes } of moved) {
    await addUsage(tx, before, -Number(bytes));
    await addUsage(tx, project.id, Number(bytes));
  }
}

async function deleteFiles(tx: Transaction, which: string, id: string): Promise<boolean> {
  const freed = await tx.query<{ project_id: string; bytes: string }>(
    `WITH gone AS (DELETE FROM attachments a WHERE ${which} RETURNING a.id, a.project_id, a.size),
          parts AS (DELETE FROM attachment_parts WHERE attachment_id IN (SELECT id FROM gone))
     SELECT project_id, sum(size) AS bytes FROM gone GROUP BY 1`,
    [id],
  );
  for (const { project_id, bytes } of freed) await addUsage(tx, project_id, -Number(bytes));
  return freed.length > 0;
}
