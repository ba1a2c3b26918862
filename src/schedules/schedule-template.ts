import { formatDuration } from '../common/duration.js';
import { jsonObject } from '../common/fields.js';
import { createTaskSchema, type CreateTaskBody } from '../tasks/tasks.schema.js';

/** The longest title of a task. */
const longestTitle = 500;

/** The most bytes of a template. */
export const mostTemplateBytes = 256 * 1024;

/** A body that makes a task each time. It is kept as a body that can be read again, so that fields that come later have their defaults. */
const template = createTaskSchema
  .refine(({ draft }) => !draft, { path: ['draft'], error: 'A draft is not run' })
  .refine(({ external_ref }) => external_ref === null, {
    path: ['external_ref'],
    error: 'Only one task of a project can have it',
  })
  .transform(asBody);

export const scheduleTemplate = jsonObject(mostTemplateBytes)
  .pipe(template)
  .meta({
    description:
      'Instead of `task_id`: a body like that of POST /api/tasks, of which each time makes a new task. Its title may hold {{date}} and {{time}}, those of the time in the time zone of the schedule, and {{occurrence}}, the time in UTC',
    examples: [{ title: 'Report of {{date}}', command: './report.sh' }],
  });

/** Writes a parsed body so that it can be parsed again. */
function asBody({ due_at, estimated_duration, ...fields }: CreateTaskBody): Record<string, unknown> {
  return {
    ...fields,
    due_at: due_at instanceof Date ? due_at.toISOString() : null,
    estimated_duration: formatDuration(estimated_duration),
  };
}

/**
 * Makes the body of the task of one occurrence.
 * @param stored the template as it is stored
 * @param wallTime the time on the clock of the schedule, in ms as if it were UTC
 */
export function taskOfTemplate(
  stored: Record<string, unknown>,
  scheduledFor: Date,
  wallTime: number,
): CreateTaskBody {
  const body = createTaskSchema.parse(stored);
  const [date = '', time = ''] = new Date(wallTime).toISOString().split('T');
  const values: Record<string, string> = {
    date,
    time: time.slice(0, 5),
    occurrence: scheduledFor.toISOString(),
  };
  const title = body.title.replace(/\{\{\s*(\w+)\s*\}\}/g, (text, name: string) =>
    Object.hasOwn(values, name) ? values[name]! : text,
  );
  // the end may be within a character of two code units
  return { ...body, title: title.slice(0, longestTitle).toWellFormed() };
}
