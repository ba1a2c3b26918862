import type { Queryable } from '../infra/database.js';
import type { FileContents } from './formats/contents.js';
import type { AttachmentEntry, LabelEntry } from './formats/entry.schema.js';
import { mostListed, type ImportPlan } from './imports.schema.js';
import { planAttachments, planDocuments, planLabels, type PlannedDocuments } from './plan-documents.js';
import { planLinks } from './plan-links.js';
import { countParts } from './plan-parts.js';
import { planSchedules, type PlannedSchedules } from './plan-schedules.js';
import { planTriggers, type PlannedTriggers } from './plan-triggers.js';
import { planTasks, type ImportContext, type PlannedTask } from './plan-tasks.js';

/** Everything that an import does. */
export interface WholePlan {
  create: PlannedTask[];
  update: PlannedTask[];
  skip: number;
  /** Whether the file says of which project it is. */
  isExport: boolean;
  documents: PlannedDocuments;
  labels: LabelEntry[];
  schedules: PlannedSchedules;
  triggers: PlannedTriggers;
  /** What is attached to the project. */
  attachments: AttachmentEntry[];
  /** Tasks that the file does not have any more: findings to be completed, or tasks to be archived. */
  gone: { action: 'complete' | 'archive'; tasks: GoneTask[] };
}

export interface GoneTask {
  id: string;
  ref: string;
  title: string;
}

/** Compares a file with its project. Faults and warnings are noted in `contents`. */
export async function planImport(
  db: Queryable,
  context: ImportContext,
  contents: FileContents,
): Promise<WholePlan> {
  const tasks = await planTasks(db, context, contents);
  await planLinks(db, context, contents, tasks);
  const update = tasks.filter((task) => task.existing !== null && hasChanges(task));
  const create = tasks.filter(({ existing }) => existing === null);
  return {
    create,
    update,
    skip: tasks.length - create.length - update.length,
    isExport: contents.sourceId !== undefined,
    documents: await planDocuments(db, context.projectId, contents, context.signal),
    labels: await planLabels(db, context.projectId, contents),
    schedules: await planSchedules(db, context, contents, tasks),
    triggers: await planTriggers(db, context, contents, tasks),
    attachments: await planAttachments(db, context.projectId, contents, context.signal),
    gone: { action: 'complete', tasks: [] },
  };
}

/** Whether a task that is there is changed by an import. */
export const changesTask = ({ fields, status, assigned_to, parent_id, dependencies }: PlannedTask): boolean =>
  Object.keys(fields).length > 0 ||
  [status, assigned_to, parent_id, dependencies].some((value) => value !== undefined);

const hasChanges = (task: PlannedTask) =>
  task.isRestored || changesTask(task) || Object.keys(countParts(task.parts)).length > 0;

const countsOf = ({ create, update, skip }: { create: unknown[]; update: unknown[]; skip: number }) => ({
  create: create.length,
  update: update.length,
  skip,
});

/** Returns the plan as it is answered. @param refOf writes the ref of a task by its number */
export function toPlan(
  plan: WholePlan,
  { faults, warnings }: FileContents,
  isDryRun: boolean,
  refOf: (number: number) => string,
): ImportPlan {
  const { create, update, skip, labels, gone } = plan;
  const changed = [...create, ...update]
    .toSorted((one, other) => one.from.line - other.from.line)
    .slice(0, mostListed)
    .map(({ from, existing, fields }) => ({
      line: from.line,
      action: existing === null ? ('create' as const) : ('update' as const),
      ref: existing === null ? null : refOf(existing.number),
      title: fields.title ?? existing?.title ?? from.entry.title ?? '',
    }));
  const left = gone.tasks.map(({ ref, title }) => ({ line: null, action: gone.action, ref, title }));
  return {
    dry_run: isDryRun,
    create: create.length,
    update: update.length,
    skip,
    complete: gone.action === 'complete' ? gone.tasks.length : 0,
    archive: gone.action === 'archive' ? gone.tasks.length : 0,
    documents: countsOf(plan.documents),
    labels: labels.length,
    schedules: countsOf(plan.schedules),
    triggers: countsOf(plan.triggers),
    changes: [...changed, ...left].slice(0, mostListed),
    faults: [...faults].toSorted((one, other) => one.line - other.line),
    warnings: [...warnings].toSorted((one, other) => one.line - other.line),
  };
}
