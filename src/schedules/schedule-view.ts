import { formatDuration } from '../common/duration.js';
import { toInstant } from '../common/fields.js';
import { nextRuns } from './next-runs.js';
import { zoneOf } from './schedule-plan.js';
import type { ScheduleOccurrence } from './schedule-occurrence.entity.js';
import type { ScheduleRow } from './schedules.queries.js';
import { shownTimes, type OccurrenceView, type ScheduleView } from './schedules.schema.js';

/** Writes a schedule for an answer. @param now from when on its next times are shown */
export function toSchedule(row: ScheduleRow, now: number): ScheduleView {
  const zone = zoneOf(row, row.project_zone ?? undefined);
  return {
    id: row.id,
    project_id: row.project_id,
    name: row.name,
    description: row.description,
    enabled: row.enabled,
    cron: row.cron,
    every: formatDuration(row.every),
    timezone: row.timezone,
    task_id: row.task_id,
    template: row.template,
    inputs: row.inputs,
    concurrency: row.concurrency,
    priority: row.priority,
    overlap: row.overlap,
    catch_up: row.catch_up,
    starts_at: toInstant(row.starts_at),
    ends_at: toInstant(row.ends_at),
    jitter_seconds: row.jitter_seconds,
    disable_after_failures: row.disable_after_failures,
    disabled_at: toInstant(row.disabled_at),
    disabled_reason: row.disabled_reason,
    next_runs: row.enabled
      ? nextRuns(row, zone, now, shownTimes).map((time) => toInstant(new Date(time)))
      : [],
    last_run: row.last_run && {
      ...row.last_run,
      scheduled_for: toInstant(new Date(row.last_run.scheduled_for)),
      finished_at: row.last_run.finished_at && toInstant(new Date(row.last_run.finished_at)),
    },
    consecutive_failures: row.consecutive_failures,
    created_by: row.created_by,
    created_at: toInstant(row.created_at),
    updated_at: toInstant(row.updated_at),
    version: row.version,
  };
}

export function toOccurrence(row: ScheduleOccurrence): OccurrenceView {
  const { scheduled_for, status, reason, execution_id, task_id, is_manual, decided_at } = row;
  return {
    scheduled_for: toInstant(scheduled_for),
    status,
    reason,
    execution_id,
    task_id,
    manual: is_manual,
    decided_at: toInstant(decided_at),
  };
}
