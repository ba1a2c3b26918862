import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { secretMask } from '../executions/inputs/check-inputs.js';
import type { Transaction } from '../infra/database.js';
import type { TaskCopies } from './project-clone.queries.js';
import { parseTaskName } from './task-ref.js';

/** The columns that a copy has of its schedule. */
const copied = [
  'name',
  'description',
  'cron',
  'every',
  'timezone',
  'concurrency',
  'priority',
  'overlap',
  'catch_up',
  'starts_at',
  'ends_at',
  'jitter_seconds',
  'disable_after_failures',
];

/** The body of a task, which names other tasks by their ids, the beginning of these, or refs. */
interface Template extends Record<string, unknown> {
  parent_id?: string | null;
  dependencies?: string[];
}

const namesIn = ({ parent_id, dependencies = [] }: Template): string[] => [
  ...(parent_id ? [parent_id] : []),
  ...dependencies,
];

/** Finds the copies of the tasks that templates name. A task that was not copied has none. */
async function copiesByName(
  tx: Transaction,
  from: string,
  schedules: readonly { template: Template | null }[],
  { sources, copies }: Pick<TaskCopies, 'sources' | 'copies'>,
): Promise<Map<string, string>> {
  const names = [...new Set(schedules.flatMap(({ template }) => (template ? namesIn(template) : [])))];
  if (names.length === 0) return new Map();
  const parsed = names.map((name) => parseTaskName(name));
  const rows = await tx.query<{ name: string; copy: string }>(
    `SELECT n.name, c.copy
       FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::int[]) AS n (name, first, last, key, number)
       JOIN projects p ON p.id = $6
       JOIN unnest($7::uuid[], $8::uuid[]) AS c (source, copy) ON true
       JOIN tasks t ON t.id = c.source
      WHERE c.source BETWEEN n.first AND n.last OR (n.key = p.key AND t.number = n.number)`,
    [
      names,
      parsed.map((name) => (name && 'id' in name ? name.id : name && 'from' in name ? name.from : null)),
      parsed.map((name) => (name && 'id' in name ? name.id : name && 'from' in name ? name.to : null)),
      parsed.map((name) => (name && 'key' in name ? name.key : null)),
      parsed.map((name) => (name && 'key' in name ? name.number : null)),
      from,
      sources,
      copies,
    ],
  );
  return new Map(rows.map(({ name, copy }) => [name, copy]));
}

/** A template that names the copies of tasks in their place. What was not copied is left out: a task is a part of none in another project. */
function withCopies(template: Template, copyOf: Map<string, string>): Template {
  const { parent_id, dependencies } = template;
  return {
    ...template,
    ...(parent_id ? { parent_id: copyOf.get(parent_id) ?? null } : {}),
    ...(dependencies
      ? { dependencies: [...new Set(dependencies.flatMap((name) => copyOf.get(name) ?? []))] }
      : {}),
  };
}

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
  const schedules = await tx.query<{ id: string; template: Template | null }>(
    'SELECT id, template FROM schedules WHERE project_id = $1 AND deleted_at IS NULL ORDER BY id',
    [from],
  );
  if (schedules.length === 0) return;
  const copyOf = await copiesByName(tx, from, schedules, { sources, copies });
  await tx.query(
    `INSERT INTO schedules (id, project_id, created_by, enabled, task_id, inputs, template, ${copied.join(', ')})
     SELECT n.copy, $3, $4, false, t.copy,
            (SELECT coalesce(jsonb_object_agg(i.key, i.value) FILTER (WHERE i.value <> to_jsonb($5::text)), '{}') FROM jsonb_each(s.inputs) AS i),
            n.template::jsonb, ${copied.map((name) => `s.${name}`).join(', ')}
       FROM unnest($1::uuid[], $2::uuid[], $8::text[]) AS n (source, copy, template) JOIN schedules s ON s.id = n.source
       LEFT JOIN unnest($6::uuid[], $7::uuid[]) AS t (source, copy) ON t.source = s.task_id
      WHERE s.task_id IS NULL OR t.copy IS NOT NULL`,
    [
      schedules.map(({ id }) => id),
      schedules.map(() => newId()),
      to,
      actor.id,
      secretMask,
      sources,
      copies,
      schedules.map(({ template }) => template && JSON.stringify(withCopies(template, copyOf))),
    ],
  );
}
