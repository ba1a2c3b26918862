// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  Deleted,
  PreviewSchedule,
  QueuedTask,
  Schedule,
  ScheduleOccurrences,
  ScheduleTimes,
  SchedulesOccurrencesQuery,
  UpdateSchedule,
} from '../types.js';

/** Schedules, which start runs at certain times */
export class SchedulesResource {
  constructor(protected readonly api: Api) {}

  /**
   * Show the next times of a schedule that is not made yet.
   * The next times of a cron expression or an interval, also across a change of clocks. A faulty expression is explained (422). Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  preview(body?: PreviewSchedule, options?: RequestOptions): Promise<ScheduleTimes> {
    return this.api.call({ method: 'POST', path: '/schedules/preview', body, options });
  }

  /**
   * Show a schedule.
   * With its next times, its last run and how many runs have failed in a row. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(scheduleId: string, options?: RequestOptions): Promise<Schedule> {
    return this.api.call({
      method: 'GET',
      path: '/schedules/{scheduleId}',
      parameters: { scheduleId },
      keep: ['inputs', 'template'],
      options,
    });
  }

  /**
   * Change a schedule.
   * Only the given fields are changed, and the next time is planned anew. Who sends `task_id`, `template` or `inputs` becomes the one with whose rights it runs. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, PROJECT_NOT_FOUND, SECRETS_UNPROTECTED, VERSION_CONFLICT, PROJECT_ARCHIVED
   */
  update(scheduleId: string, body: UpdateSchedule, options?: RequestOptions): Promise<Schedule> {
    return this.api.call({
      method: 'PUT',
      path: '/schedules/{scheduleId}',
      parameters: { scheduleId },
      body,
      keep: ['inputs', 'template'],
      options,
    });
  }

  /**
   * Delete a schedule.
   * What it has started goes on; what of it waits does not start any more. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_ARCHIVED
   */
  delete(scheduleId: string, options?: RequestOptions): Promise<Deleted> {
    return this.api.call({
      method: 'DELETE',
      path: '/schedules/{scheduleId}',
      parameters: { scheduleId },
      options,
    });
  }

  /**
   * List what became of the times of a schedule.
   * The latest first: which fired, were skipped, missed or wait, why, and their runs. They are kept for 90 days, and at least the last 100. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  occurrences(
    scheduleId: string,
    query?: SchedulesOccurrencesQuery,
    options?: RequestOptions,
  ): Listing<ScheduleOccurrences, 'occurrences'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/schedules/{scheduleId}/occurrences',
        parameters: { scheduleId },
        query,
        options,
      },
      'occurrences',
    );
  }

  /**
   * Run a schedule now.
   * Starts a run with your rights, also of a schedule that is switched off. Its times stay as they are. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, RESOURCE_ALREADY_EXISTS, RESOURCE_LIMIT_EXCEEDED, SECRETS_UNPROTECTED, VERSION_CONFLICT, IDEMPOTENCY_CONFLICT, TASK_ALREADY_RUNNING, TASK_ALREADY_CLAIMED, TASK_ARCHIVED, TASK_IS_DRAFT, TASK_DEPENDENCY_NOT_MET, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED, TASK_NOT_EXECUTABLE, COMMAND_UNSAFE, QUEUE_FULL
   */
  run(scheduleId: string, options?: RequestOptions): Promise<QueuedTask> {
    return this.api.call({
      method: 'POST',
      path: '/schedules/{scheduleId}/run',
      parameters: { scheduleId },
      options,
    });
  }
}
