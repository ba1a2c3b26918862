import type { Queryable } from '../infra/database.js';
import type { FileContents } from './formats/contents.js';
import { inSlices } from './formats/in-slices.js';
import { presentDependencies } from './existing.queries.js';
import type { ImportContext, PlannedTask } from './plan-tasks.js';
import { taskNames } from './task-names.js';

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
  const wanted = linking.flatMap(({ from: { entry } }) => [
    ...(entry.parent ? [entry.parent] : []),
    ...(entry.dependencies ?? []),
  ]);
  const idOf = await taskNames(db, context, contents, tasks, wanted);
  const present = await presentOf(db, linking);
  for await (const task of inSlices(linking, context.signal)) {
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
  await refuseCircles(context, contents, tasks, 'parent', ({ parent_id }) => (parent_id ? [parent_id] : []));
  await refuseCircles(context, contents, tasks, 'dependencies', ({ dependencies }) => dependencies ?? []);
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
  one.length === other.length && new Set([...one, ...other]).size === one.length;

/**
 * Notes circles within the file as faults. Those with tasks that are there already are found when these are changed, since the database is
 * asked then.
 */
async function refuseCircles(
  { signal }: ImportContext,
  contents: FileContents,
  tasks: PlannedTask[],
  field: string,
  linksOf: (task: PlannedTask) => string[],
): Promise<void> {
  for await (const circle of inSlices(circlesIn(tasks, linksOf), signal))
    if (circle)
      contents.addFault(circle.from.line, field, `A circle: line ${circle.to.line} leads back here`);
}

/** Follows each link once. @returns where a circle is closed, and undefined for each other link */
function* circlesIn(
  tasks: PlannedTask[],
  linksOf: (task: PlannedTask) => string[],
): Generator<{ from: { line: number }; to: { line: number } } | undefined> {
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
      yield;
      const id = last.rest.pop();
      if (id === undefined) {
        state.set(last.task.id, 2);
        path.pop();
        continue;
      }
      const next = byId.get(id);
      if (next === undefined || state.get(id) === 2) continue;
      if (state.get(id) === 1) yield { from: last.task.from, to: next.from };
      else enter(next);
    }
  }
}
