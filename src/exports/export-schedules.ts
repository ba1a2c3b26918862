import { validate } from 'uuid';
import { formatDuration } from '../common/duration.js';
import { priorities } from '../executions/executions.schema.js';
import type { ReadInTurn } from './read-in-turn.js';
import {
  refsOf,
  usernamesOf,
  type ExportedScheduleRow,
  type ExportedTriggerRow,
  type ReadProject,
} from './schedules.queries.js';

/** A template names other tasks by their ids or refs, and a user by the id. */
interface Names {
  parent_id?: string | null;
  dependencies?: string[];
  assigned_to?: string | null;
}

/**
 * Returns the fields of schedules in the order in which they are written. What their templates name is named as the file names it: tasks by
 * their refs, users by their names; what the reader does not see is left out.
 */
export async function exportedSchedules(
  rows: ExportedScheduleRow[],
  project: ReadProject,
  read: ReadInTurn,
): Promise<object[]> {
  const templates = rows.flatMap(({ template }) => (template === null ? [] : [template as Names]));
  const tasks = templates
    .flatMap(({ parent_id, dependencies = [] }) => [parent_id ?? '', ...dependencies])
    .filter((name) => validate(name));
  const users = templates.flatMap(({ assigned_to }) => assigned_to ?? []);
  const refs = tasks.length === 0 ? none : await read((db) => refsOf(db, project, tasks));
  const names = users.length === 0 ? none : await read((db) => usernamesOf(db, users));
  const refOf = (name: string) => (validate(name) ? refs.get(name.toLowerCase()) : name);
  const named = (template: Names) => ({
    ...template,
    parent_id: template.parent_id ? (refOf(template.parent_id) ?? null) : null,
    dependencies: (template.dependencies ?? []).flatMap((name) => refOf(name) ?? []),
    assigned_to: names.get(template.assigned_to ?? '') ?? null,
  });
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    enabled: row.enabled,
    cron: row.cron,
    every: formatDuration(row.every),
    timezone: row.timezone,
    task: row.task,
    template: row.template && named(row.template),
    inputs: row.inputs,
    concurrency: row.concurrency,
    priority: row.priority,
    overlap: row.overlap,
    catch_up: row.catch_up,
    starts_at: row.starts_at,
    ends_at: row.ends_at,
    jitter_seconds: row.jitter_seconds,
    disable_after_failures: row.disable_after_failures,
    created_by: row.created_by,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }));
}

const none = new Map<string, string>();

/** Returns the fields of a trigger in the order in which they are written. */
export function exportedTrigger({ queue, ...row }: ExportedTriggerRow): object {
  const { id, name, description, enabled, task, inputs_from, filter, has_secret, ...made } = row;
  const own = { id, name, description, enabled, task, priority: priorities[queue] ?? 'normal' };
  return { ...own, inputs_from, filter, has_secret, ...made };
}
