import { TasksResource } from '../generated/resources/tasks.js';
import type { ExecutedTask, ExecuteTask } from '../generated/types.js';
import type { RequestOptions } from '../http/request-options.js';
import { followOutput, type FollowOptions, type OutputPath } from './follow.js';
import type { OutputEnd, OutputFrame } from './frame.js';

/** How much longer than the run a request is waited for. */
const marginSeconds = 30;

/** Tasks and their runs. */
export class Tasks extends TasksResource {
  /**
   * Runs a task: its command, or its project's `commandTemplate`.
   * @param body `waitSeconds` (0 to 60) waits for the end of the run, within a timeout of the request that is 30 seconds longer
   * @returns `status` and, where the run has ended by then, `exitCode` and `execution`, which is null otherwise
   * @throws {ApiError} TASK_NOT_FOUND, TASK_ALREADY_RUNNING, COMMAND_UNSAFE, QUEUE_FULL
   */
  override execute(taskId: string, body?: ExecuteTask, options?: RequestOptions): Promise<ExecutedTask> {
    const waits = body?.waitSeconds ?? 0;
    if (waits === 0 || options?.timeout !== undefined) return super.execute(taskId, body, options);
    return super.execute(taskId, body, { ...options, timeout: (waits + marginSeconds) * 1000 });
  }

  /**
   * Follows the output of a task's current or last run until it ends; a queued run is awaited.
   * @throws ApiError TASK_NOT_FOUND, RESOURCE_NOT_FOUND when it never ran
   */
  async *follow(taskId: string, options?: FollowOptions): AsyncGenerator<OutputFrame, OutputEnd, undefined> {
    // the output of this run, even when the task is run again meanwhile
    const { executionId } = await this.get(taskId, { signal: options?.signal });
    const of: OutputPath =
      executionId === null
        ? { path: '/tasks/{taskId}/output', parameters: { taskId } }
        : { path: '/commands/{executionId}/output', parameters: { executionId } };
    return yield* followOutput(this.api, of, options);
  }
}
