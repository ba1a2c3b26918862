import { stringify } from 'safe-stable-stringify';
import { validate } from 'uuid';
import { newId } from '../common/ids.js';
import { mentionable } from '../comments/comments.queries.js';
import { secretMask } from '../executions/inputs/check-inputs.js';
import { timeoutIssue } from '../executions/project-rules.js';
import type { InputDeclaration, InputValues } from '../executions/inputs/input-declarations.js';
import type { Queryable } from '../infra/database.js';
import { changesRuns, checkImported, type ImportedSchedule } from '../schedules/schedule-imports.js';
import { runsTheSame } from '../schedules/schedule-inputs.js';
import { scheduleTemplate } from '../schedules/schedule-template.js';
import type { Schedule } from '../schedules/schedule.entity.js';
import { settableColumns, type SettableColumn } from '../schedules/schedules.queries.js';
import { mostSchedules } from '../schedules/schedules.schema.js';
import { createTaskSchema } from '../tasks/tasks.schema.js';
import type { FileContents, FromFile } from './formats/contents.js';
import { inSlices } from './formats/in-slices.js';
import type { ScheduleEntry, TemplateEntry } from './formats/schedule-entry.schema.js';
import type { ImportContext, PlannedTask } from './plan-tasks.js';
import { StarterNotes } from './starter-notes.js';
import { declaredInputs, matchStarters, refuseBeyond } from './starters.queries.js';
import { taskNames } from './task-names.js';

/** What an import does with a schedule of its file. */
export type PlannedSchedule = ImportedSchedule & { from: FromFile<ScheduleEntry> };

/** What an import does with the schedules of its file. */
export interface PlannedSchedules {
  create: PlannedSchedule[];
  update: PlannedSchedule[];
  skip: number;
}

type Fields = Pick<Schedule, SettableColumn>;

/** What a schedule has that an entry does not name. */
const blank: Omit<Fields, 'name'> = {
  description: '',
  cron: null,
  every: null,
  timezone: null,
  task_id: null,
  template: null,
  inputs: {},
  concurrency: null,
  priority: 'normal',
  overlap: 'skip',
  catch_up: 'latest',
  starts_at: null,
  ends_at: null,
  jitter_seconds: 0,
  disable_after_failures: null,
};

/** Decides what becomes of each schedule of a file. Faults and warnings are noted in `contents`. @param tasks those of the file */
export async function planSchedules(
  db: Queryable,
  context: ImportContext,
  contents: FileContents,
  tasks: PlannedTask[],
): Promise<PlannedSchedules> {
  const planned: PlannedSchedules = { create: [], update: [], skip: 0 };
  if (contents.schedules.length === 0) return planned;
  const matched = await matchStarters(db, context.projectId, contents, 'schedules');
  const named = [...matched].flatMap(
    ([
      {
        entry: { task, template },
      },
      existing,
    ]) => [
      ...(task ? [task] : []),
      ...(template?.parent ? [template.parent] : []),
      ...(template?.dependencies ?? []),
      ...refsIn(existing?.template ?? {}),
    ],
  );
  const idOf = await taskNames(db, context, contents, tasks, named);
  const inputsOf = await declaredInputs(db, tasks, matched, idOf);
  const users = await usersOf(db, context, matched.keys());
  for await (const [from, existing] of inSlices(matched, context.signal)) {
    const { entry, line } = from;
    const notes = new StarterNotes(contents, line);
    const target = targetOf(notes, entry, existing, idOf, users);
    if (target === undefined) continue;
    const { task_id, template } = target;
    const declared = template === null ? inputsOf(task_id ?? '') : createTaskSchema.parse(template).inputs;
    const { timeout } = (template ?? {}) as { timeout?: number | null };
    if ((timeout ?? 0) > context.longestTimeout) {
      contents.addFault(line, 'template.timeout', timeoutIssue(context.longestTimeout));
      continue;
    }
    const name = entry.name ?? existing?.name;
    if (name === undefined) {
      contents.addFault(line, 'name', 'Field is required');
      continue;
    }
    const inputs = inputsFor(notes, entry, existing, target, declared);
    const fields: Fields = {
      ...blank,
      ...picked(existing),
      ...picked(entry),
      name,
      task_id,
      template,
      inputs,
    };
    const stored = existing && { ...existing, template: comparable(existing.template, idOf) };
    const changed = stored
      ? settableColumns.filter((column) => stringify(fields[column]) !== stringify(stored[column]))
      : [];
    if (existing && changed.length === 0) {
      planned.skip += 1;
      continue;
    }
    const id = existing?.id ?? newId();
    const schedule = { id, seen: existing?.version ?? null, fields, changed, declared, from };
    if (!notes.accepts(() => checkImported(schedule))) continue;
    if (!existing && (entry.enabled ?? true)) notes.switchedOff();
    if (existing?.enabled && changesRuns(changed)) notes.switchedOff();
    planned[existing ? 'update' : 'create'].push(schedule);
  }
  await refuseBeyond(db, context.projectId, contents, 'schedules', planned.create, mostSchedules);
  return planned;
}

/** The columns that are there and not undefined. */
const picked = (from: Partial<Record<SettableColumn, unknown>> | undefined): Partial<Fields> =>
  Object.fromEntries(
    settableColumns.filter((name) => from?.[name] !== undefined).map((name) => [name, from![name]]),
  );

/**
 * Returns a stored template as that of a file is: with the fields that came later, and with the ids of tasks, which it may name by their
 * refs.
 */
function comparable(
  template: Schedule['template'],
  idOf: (name: string) => string | undefined,
): Schedule['template'] {
  const parsed = scheduleTemplate.safeParse(template);
  if (!parsed.success) return template;
  const { parent_id, dependencies } = parsed.data as { parent_id: string | null; dependencies: string[] };
  const named = (name: string) => idOf(name) ?? name;
  return {
    ...parsed.data,
    parent_id: parent_id && named(parent_id),
    dependencies: dependencies.map(named),
  };
}

/** The refs that a stored template names tasks by. */
const refsIn = ({ parent_id, dependencies = [] }: { parent_id?: string | null; dependencies?: string[] }) =>
  [...(parent_id ? [parent_id] : []), ...dependencies].filter((name) => !validate(name));

/**
 * Finds what an entry runs.
 * @returns undefined when that is not here, which is noted
 */
function targetOf(
  notes: StarterNotes,
  { task, template }: ScheduleEntry,
  existing: Schedule | undefined,
  idOf: (name: string) => string | undefined,
  users: Map<string, string>,
): Pick<Schedule, 'task_id' | 'template'> | undefined {
  if (task) {
    const task_id = idOf(task);
    if (task_id === undefined) return notes.leaveOut('task', `There is no ${task} here`);
    // with a template, too, it is refused
    return { task_id, template: template?.body ?? null };
  }
  if (template) return { task_id: null, template: named(notes, template, idOf, users) };
  // an export names neither when its reader did not see the task, or the task is gone
  if (task === null && (!existing || existing.template === null))
    return notes.leaveOut('task', 'Its task is not in the file');
  return { task_id: existing?.task_id ?? null, template: existing?.template ?? null };
}

/** Writes a template with the ids that what it names has here. What is not here is left out with a warning. */
function named(
  notes: StarterNotes,
  { body, parent, dependencies, assigned_to }: TemplateEntry,
  idOf: (name: string) => string | undefined,
  users: Map<string, string>,
): Record<string, unknown> {
  const find = (field: string, name: string) => {
    const id = idOf(name);
    if (id === undefined) notes.warn(`template.${field}`, `There is no ${name} here`);
    return id;
  };
  const user = assigned_to === null ? null : users.get(assigned_to);
  if (user === undefined)
    notes.warn('template.assigned_to', `No user here is called ${assigned_to} and sees the project`);
  return {
    ...body,
    parent_id: parent === null ? null : (find('parent_id', parent) ?? null),
    dependencies: [...new Set(dependencies.flatMap((name) => find('dependencies', name) ?? []))],
    assigned_to: user ?? null,
  };
}

/**
 * Settles the inputs: no file has the values of secrets, so that those that are stored stay and the others must be set again. A stored one
 * stays only for a secret of the same task or command, since another one may show it.
 */
function inputsFor(
  notes: StarterNotes,
  { inputs }: ScheduleEntry,
  existing: Schedule | undefined,
  target: Pick<Schedule, 'task_id' | 'template'>,
  declared: readonly InputDeclaration[],
): InputValues {
  const secrets = new Set(declared.filter(({ type }) => type === 'secret').map(({ name }) => name));
  const isMask = ([, value]: [string, unknown]) => value === secretMask;
  const sealed = existing?.sealed_inputs ? Object.entries(existing.inputs).filter(isMask) : [];
  const kept = new Map(sealed.filter(([name]) => secrets.has(name) && runsTheSame(existing!, target)));
  const given = Object.entries(inputs ?? existing?.inputs ?? {});
  const isLost = (one: [string, unknown]) =>
    secrets.has(one[0]) || (isMask(one) && sealed.some(([name]) => name === one[0]));
  for (const one of given)
    if (isLost(one) && !kept.has(one[0]))
      notes.warn(`inputs.${one[0]}`, 'The values of secrets are not taken from files: set it again');
  return Object.fromEntries([...given.filter((one) => !isLost(one)), ...kept]);
}

async function usersOf(
  db: Queryable,
  { projectId }: ImportContext,
  entries: Iterable<FromFile<ScheduleEntry>>,
): Promise<Map<string, string>> {
  const names = new Set([...entries].flatMap(({ entry }) => entry.template?.assigned_to ?? []));
  if (names.size === 0) return new Map();
  const users = await mentionable(db, [...names], projectId);
  return new Map(users.map(({ username, user_id }) => [username, user_id]));
}
