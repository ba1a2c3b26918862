import { TasksResource } from '../generated/resources/tasks.js';
import { followOutput, type FollowOptions, type OutputPath } from './follow.js';
import type { OutputEnd, OutputFrame } from './frame.js';

/** Tasks and their runs. */
export class Tasks extends TasksResource {
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
