import { stringify } from 'safe-stable-stringify';
import { newId } from '../common/ids.js';
import { queueOf } from '../executions/executions.schema.js';
import type { Queryable } from '../infra/database.js';
import { changesRuns } from '../schedules/schedule-imports.js';
import type { ImportedTrigger } from '../triggers/trigger-imports.js';
import { mostTriggers } from '../triggers/triggers.schema.js';
import type { FileContents, FromFile } from './formats/contents.js';
import type { TriggerEntry } from './formats/schedule-entry.schema.js';
import type { ImportContext, PlannedTask } from './plan-tasks.js';
import { StarterNotes } from './starter-notes.js';
import { declaredInputs, matchStarters, refuseBeyond } from './starters.queries.js';
import { taskNames } from './task-names.js';

type PlannedTrigger = ImportedTrigger & { from: FromFile<TriggerEntry> };

/** What an import does with the triggers of its file. */
export interface PlannedTriggers {
  create: PlannedTrigger[];
  update: PlannedTrigger[];
  skip: number;
}

const compared = ['name', 'description', 'task_id', 'queue', 'inputs_from', 'filter'] as const;

/** Decides what becomes of each trigger of a file. Faults and warnings are noted in `contents`. @param tasks those of the file */
export async function planTriggers(
  db: Queryable,
  context: ImportContext,
  contents: FileContents,
  tasks: PlannedTask[],
): Promise<PlannedTriggers> {
  const planned: PlannedTriggers = { create: [], update: [], skip: 0 };
  if (contents.triggers.length === 0) return planned;
  const matched = await matchStarters(db, context.projectId, contents, 'triggers');
  const named = [...matched.keys()].flatMap(({ entry: { task } }) => task ?? []);
  const idOf = await taskNames(db, context, contents, tasks, named);
  const inputsOf = await declaredInputs(db, tasks, matched, idOf);
  for (const [from, existing] of matched) {
    const { entry, line } = from;
    const notes = new StarterNotes(contents, line);
    const task_id = entry.task ? idOf(entry.task) : entry.task === null ? undefined : existing?.task_id;
    const name = entry.name ?? existing?.name;
    if (task_id === undefined) {
      notes.leaveOut('task', entry.task ? `There is no ${entry.task} here` : 'Its task is not in the file');
      continue;
    }
    if (name === undefined) {
      contents.addFault(line, 'name', 'Field is required');
      continue;
    }
    const fields = {
      name,
      description: entry.description ?? existing?.description ?? '',
      task_id,
      queue: entry.priority === undefined ? (existing?.queue ?? queueOf('normal')) : queueOf(entry.priority),
      inputs_from: entry.inputs_from ?? existing?.inputs_from ?? {},
      filter: entry.filter ?? existing?.filter ?? {},
    };
    const changed = existing
      ? compared.filter((column) => stringify(fields[column]) !== stringify(existing[column]))
      : [];
    if (existing && changed.length === 0) {
      planned.skip += 1;
      continue;
    }
    const declared = new Set(inputsOf(task_id).map((input) => input.name));
    const unknown = Object.keys(fields.inputs_from).find((input) => !declared.has(input));
    if (unknown !== undefined) {
      notes.leaveOut(`inputs_from.${unknown}`, 'The task has no such input');
      continue;
    }
    const enabled = existing !== undefined && existing.enabled && !changesRuns(changed);
    if (existing ? existing.enabled && !enabled : (entry.enabled ?? true)) notes.switchedOff();
    if (!existing) {
      notes.warn('path', 'It has a URL of its own: tell it to those who send to it');
      if (entry.has_secret) notes.warn('secret', 'Secrets are not in files: set it again');
    }
    const trigger = { id: existing?.id ?? newId(), seen: existing?.version ?? null, from };
    planned[existing ? 'update' : 'create'].push({ ...trigger, fields: { ...fields, enabled } });
  }
  await refuseBeyond(db, context.projectId, contents, 'triggers', planned.create, mostTriggers);
  return planned;
}
