import { z } from 'zod';
import { jsonObject, listOf } from '../../common/fields.js';
import { mostTemplateBytes, scheduleTemplate } from '../../schedules/schedule-template.js';
import { scheduleFields as schedule } from '../../schedules/schedules.schema.js';
import { maxDependencies } from '../../tasks/task-dependencies.schema.js';
import { triggerFields as trigger } from '../../triggers/triggers.schema.js';

/** What an export says that no import can set, such as who made something and when. */
const informational = z.unknown().optional();
const ref = z.string().trim().min(1).max(200);
const own = {
  id: z.string().max(100).optional(),
  created_by: informational,
  created_at: informational,
  updated_at: informational,
};

/** What a template names: tasks by their refs, and a user by the name. */
const namesOfTemplate = z.looseObject({
  parent_id: ref.nullish(),
  dependencies: listOf(ref, { most: maxDependencies }).optional(),
  assigned_to: z.string().max(200).nullish(),
});

/** A template with what it names beside it, which has other ids here. */
const template = jsonObject(mostTemplateBytes)
  .pipe(namesOfTemplate)
  .transform(({ parent_id = null, dependencies = [], assigned_to = null, ...rest }, context) => {
    // the project is the one that the file is imported into
    const parsed = scheduleTemplate.safeParse({ ...rest, project_id: undefined });
    if (parsed.success) return { body: parsed.data, parent: parent_id, dependencies, assigned_to };
    for (const { path, message } of parsed.error.issues)
      context.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  });
export type TemplateEntry = z.output<typeof template>;

/** A schedule in a file. A field that is missing leaves that of a schedule which exists already as it is. */
export const scheduleEntry = z.strictObject({
  ...own,
  name: schedule.name.optional(),
  description: schedule.description.optional(),
  enabled: schedule.enabled.optional(),
  cron: schedule.cron.optional(),
  every: schedule.every.optional(),
  timezone: schedule.timezone.optional(),
  task: ref.nullish(),
  template: template.nullish(),
  inputs: schedule.inputs.optional(),
  concurrency: schedule.concurrency.optional(),
  priority: schedule.priority.optional(),
  overlap: schedule.overlap.optional(),
  catch_up: schedule.catch_up.optional(),
  starts_at: schedule.starts_at.optional(),
  ends_at: schedule.ends_at.optional(),
  jitter_seconds: schedule.jitter_seconds.optional(),
  disable_after_failures: schedule.disable_after_failures.optional(),
});
export type ScheduleEntry = z.output<typeof scheduleEntry>;

/** A trigger in a file, which never has its token and its secret. */
export const triggerEntry = z.strictObject({
  ...own,
  name: trigger.name.optional(),
  description: trigger.description.optional(),
  enabled: trigger.enabled.optional(),
  task: ref.nullish(),
  priority: trigger.priority.optional(),
  inputs_from: trigger.inputs_from.optional(),
  filter: trigger.filter.optional(),
  has_secret: z.boolean().optional(),
});
export type TriggerEntry = z.output<typeof triggerEntry>;
