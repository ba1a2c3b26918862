import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { secretMask } from '../executions/inputs/check-inputs.js';
import type { Transaction } from '../infra/database.js';
import type { TaskCopies } from './project-clone.queries.js';

/** The columns that a copy has of its schedule. */
const copied = [
  'name',
  'description',
  'cron',
  'every',
  'timezone',
  'template',
  'concurrency',
  'priority',
  'overlap',
  'catch_up',
  'starts_at',
  'ends_at',
  'jitter_seconds',
  'disable_after_failures',
];

/**
 * Copies the schedules of a project, of which there are at most some hundred, to another one. They are switched off, and without the values
 * of secret inputs. One whose task was not copied is left out.
 */
export async function copySchedules(
  tx: Transaction,
  from: string,
  to: string,
  { sources, copies }: TaskCopies,
  actor: Actor,
): Promise<void> {
  const schedules = await tx.query<{ id: string }>(
    'SELECT id FROM schedules WHERE project_id = $1 AND deleted_at IS NULL ORDER BY id',
    [from],
  );
  if (schedules.length === 0) return;
  await tx.query(
    `INSERT INTO schedules (id, project_id, created_by, enabled, task_id, inputs, ${copied.join(', ')})
     SELECT n.copy, $3, $4, false, t.copy,
            (SELECT coalesce(jsonb_object_agg(i.key, i.value) FILTER (WHERE i.value <> to_jsonb($5::text)), '{}') FROM jsonb_each(s.inputs) AS i),
            ${copied.map((name) => `s.${name}`).join(', ')}
       FROM unnest($1::uuid[], $2::uuid[]) AS n (source, copy) JOIN schedules s ON s.id = n.source
       LEFT JOIN unnest($6::uuid[], $7::uuid[]) AS t (source, copy) ON t.source = s.task_id
      WHERE s.task_id IS NULL OR t.copy IS NOT NULL`,
    [schedules.map(({ id }) => id), schedules.map(() => newId()), to, actor.id, secretMask, sources, copies],
  );
}
