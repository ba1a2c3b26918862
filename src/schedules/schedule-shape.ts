import { recordedValues } from '../activity/recorded-values.js';
import { AppError } from '../common/errors.js';
import type { CreateSchedule } from './schedules.schema.js';

/** @throws VALIDATION_ERROR when the fields do not fit together */
export function checkShape(
  schedule: Pick<
    CreateSchedule,
    'cron' | 'every' | 'starts_at' | 'ends_at' | 'task_id' | 'template' | 'overlap'
  >,
): void {
  checkTiming(schedule);
  if ((schedule.task_id === null) === (schedule.template === null))
    throw refused('task_id', 'Send either task_id or template');
  if (schedule.overlap === 'allow' && schedule.task_id !== null)
    throw refused('overlap', 'A task runs once at a time: only a schedule with a template may allow it');
}

/** @throws VALIDATION_ERROR when the fields of its times do not fit together */
export function checkTiming({
  cron,
  every,
  starts_at,
  ends_at,
}: Pick<CreateSchedule, 'cron' | 'every' | 'starts_at' | 'ends_at'>): void {
  if ((cron === null) === (every === null)) throw refused('cron', 'Send either cron or every');
  if (starts_at && ends_at && ends_at < starts_at)
    throw refused('ends_at', 'It must not be before starts_at');
}

const refused = (field: string, issue: string) => new AppError('VALIDATION_ERROR', { field, issue });

/** What the activity keeps of a schedule: nothing that is sealed, and of long inputs and templates the beginning. */
export function recordable({
  sealed_inputs: _,
  ...values
}: Record<string, unknown>): Record<string, unknown> {
  return recordedValues(values);
}
