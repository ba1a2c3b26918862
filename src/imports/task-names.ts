import type { Queryable } from '../infra/database.js';
import { parseTaskName } from '../tasks/task-ref.js';
import type { FileContents } from './formats/contents.js';
import { idsOf } from './existing.queries.js';
import type { ImportContext, PlannedTask } from './plan-tasks.js';

/**
 * Returns what finds the task that a name stands for: a ref of the file, an `external_ref` of the file or of the project, or a ref of the
 * project. An export names tasks by their refs alone, and an `external_ref` may look like one.
 * @param tasks those of the file
 * @param wanted the names that it is asked for
 */
export async function taskNames(
  db: Queryable,
  context: ImportContext,
  { sourceId }: FileContents,
  tasks: PlannedTask[],
  wanted: string[],
): Promise<(name: string) => string | undefined> {
  const [refs, external] = [new Map<string, string>(), new Map<string, string>()];
  const isExport = sourceId !== undefined;
  for (const { id, from } of tasks) {
    if (from.entry.external_ref && !isExport) external.set(from.entry.external_ref, id);
    if (from.entry.ref) refs.set(from.entry.ref.toUpperCase(), id);
  }
  const inFile = (name: string) => refs.get(name.toUpperCase()) ?? external.get(name);
  const unknown = [...new Set(wanted)].filter((name) => inFile(name) === undefined);
  const elsewhere = isExport ? [] : unknown;
  for (const [name, id] of await idsOf(db, context.actor, context, 'external_ref', elsewhere))
    external.set(name, id);
  const numberOf = (name: string) => {
    const parsed = isExport && sourceId !== context.projectId ? undefined : parseTaskName(name);
    return parsed && 'key' in parsed && parsed.key === context.key ? parsed.number : undefined;
  };
  const unknownNumbers = unknown.flatMap((name) => numberOf(name) ?? []);
  const numbers = await idsOf(db, context.actor, context, 'number', unknownNumbers);
  return (name) => inFile(name) ?? numbers.get(numberOf(name) ?? NaN);
}
