import type { Queryable } from '../infra/database.js';
import { parseTaskName } from '../tasks/task-ref.js';
import type { FileContents } from './contents.js';
import { byExternalRef, byNumber, presentDependencies } from './existing.queries.js';
import type { ImportContext, PlannedTask } from './plan-tasks.js';

/**
 * Settles what tasks are parts of and wait for. Both are named as the file names its tasks, by ref or by `external_ref`, or as the project
 * does. Faults and warnings are noted in `contents`.
 */
export async function planLinks(
  db: Queryable,
  context: ImportContext,
  contents: FileContents,
  tasks: PlannedTask[],
): Promise<void> {
  const linking = tasks.filter(
    ({ from: { entry } }) => entry.parent !== undefined || entry.dependencies !== undefined,
  );
  if (linking.length === 0) return;
  const idOf = await names(db, context, tasks, linking);
  const present = await presentOf(db, linking);
  for (const task of linking) {
    const { line, entry } = task.from;
    const find = (field: string, name: string) => {
      const id = idOf(name);
      if (id === task.id) contents.addFault(line, field, 'A task cannot name itself');
      // an export names tasks of other projects, too
      else if (id === undefined && contents.sourceId !== undefined)
        contents.addWarning(line, field, `There is no ${name} here`);
      else if (id === undefined) contents.addFault(line, field, `There is no ${name} here`);
      return id === undefined || id === task.id ? [] : [id];
    };
    if (entry.parent !== undefined) {
      const parent = entry.parent === null ? null : find('parent', entry.parent)[0];
      const now = task.existing?.parent_id ?? null;
      if (parent !== undefined && parent !== now) task.parent_id = parent;
    }
    if (entry.dependencies !== undefined) {
      const wanted = [...new Set(entry.dependencies.flatMap((name) => find('dependencies', name)))];
      const now = present.get(task.id) ?? { here: [], elsewhere: [] };
      if (!isSameSet(wanted, now.here)) task.dependencies = [...wanted, ...now.elsewhere];
    }
  }
  refuseCircles(contents, tasks, 'parent', ({ parent_id }) => (parent_id ? [parent_id] : []));
  refuseCircles(contents, tasks, 'dependencies', ({ dependencies }) => dependencies ?? []);
}

/** Returns what finds the task that a name stands for. */
async function names(
  db: Queryable,
  context: ImportContext,
  tasks: PlannedTask[],
  linking: PlannedTask[],
): Promise<(name: string) => string | undefined> {
  const ids = new Map<string, string>();
  for (const { id, from } of tasks) {
    if (from.entry.external_ref) ids.set(from.entry.external_ref, id);
    if (from.entry.ref) ids.set(from.entry.ref.toUpperCase(), id);
  }
  const find = (name: string) => ids.get(name) ?? ids.get(name.toUpperCase());
  const wanted = linking.flatMap(({ from: { entry } }) => [
    ...(entry.parent ? [entry.parent] : []),
    ...(entry.dependencies ?? []),
  ]);
  const unknown = [...new Set(wanted)].filter((name) => find(name) === undefined);
  for (const { id, external_ref } of await byExternalRef(db, context.actor, context, unknown))
    ids.set(external_ref!, id);
  const numbers = unknown.flatMap((name) => {
    const parsed = parseTaskName(name);
    return parsed && 'key' in parsed && parsed.key === context.key ? [parsed.number] : [];
  });
  for (const { id, number } of await byNumber(db, context.actor, context, numbers))
    ids.set(`${context.key}-${number}`, id);
  return (name) => {
    const parsed = parseTaskName(name);
    return find(name) ?? (parsed && 'key' in parsed ? ids.get(`${parsed.key}-${parsed.number}`) : undefined);
  };
}

/** Reads what the tasks that are there wait for, in this project and in others. */
async function presentOf(
  db: Queryable,
  linking: PlannedTask[],
): Promise<Map<string, { here: string[]; elsewhere: string[] }>> {
  const ids = linking.flatMap(({ id, existing }) => (existing === null ? [] : id));
  const present = new Map<string, { here: string[]; elsewhere: string[] }>();
  for (const { task_id, depends_on, is_here } of await presentDependencies(db, ids)) {
    const found = present.get(task_id) ?? { here: [], elsewhere: [] };
    found[is_here ? 'here' : 'elsewhere'].push(depends_on);
    present.set(task_id, found);
  }
  return present;
}

const isSameSet = (one: string[], other: string[]) =>
  one.length === other.length && one.every((id) => other.includes(id));

/**
 * Finds circles within the file. Those with tasks that are there already are found when these are changed, since the database is asked
 * then.
 */
function refuseCircles(
  contents: FileContents,
  tasks: PlannedTask[],
  field: string,
  linksOf: (task: PlannedTask) => string[],
): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  // 1 while the tasks behind it are looked at, 2 afterwards
  const state = new Map<string, 1 | 2>();
  for (const first of tasks) {
    const path: { task: PlannedTask; rest: string[] }[] = [];
    const enter = (task: PlannedTask) => {
      state.set(task.id, 1);
      path.push({ task, rest: [...linksOf(task)] });
    };
    if (!state.has(first.id)) enter(first);
    for (let last = path.at(-1); last; last = path.at(-1)) {
      const id = last.rest.pop();
      if (id === undefined) {
        state.set(last.task.id, 2);
        path.pop();
        continue;
      }
      const next = byId.get(id);
      if (next === undefined || state.get(id) === 2) continue;
      if (state.get(id) === 1)
        contents.addFault(last.task.from.line, field, `A circle: line ${next.from.line} leads back here`);
      else enter(next);
    }
  }
}
